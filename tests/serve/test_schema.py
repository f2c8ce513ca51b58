"""The description of the API, and schemathesis, which asks what the description allows."""

from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.serve.serving import running
from tests.templates import make_bundle

EXAMPLES = 12
"""Requests an operation; docs/serving.md has the command of a longer run."""


CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
OPERATIONS = {"/v1/solve", "/v1/models", "/health/live", "/health/ready", "/metrics"}


def test_no_server_error_and_answers_that_fit_the_description(tmp_path: Path) -> None:
    asked = set()
    with running(make_bundle(tmp_path / "tickets")) as port:
        schema = schemathesis.openapi.from_url(f"http://127.0.0.1:{port}/openapi.json")
        for operation in schema.get_all_operations():
            assert isinstance(operation, Ok)
            described = operation.ok()
            asked.add(described.path)

            @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
            @given(case=described.as_strategy())
            def ask(case: Any) -> None:
                case.call_and_validate(checks=CHECKS)

            ask()
    assert asked >= OPERATIONS
