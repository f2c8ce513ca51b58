"""The command ``serve``: what it refuses to begin with."""

import socket
from pathlib import Path

import pytest

from tests.cli.test_cli import run
from tests.templates import make_bundle


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return make_bundle(tmp_path / "model")


def test_another_host_needs_a_key_or_no_key(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DIGITSOLVER_API_KEY", raising=False)
    result = run("serve", "--model", model, "--host", "0.0.0.0")  # noqa: S104 - it is refused
    assert result.exit_code == 2
    assert "host 0.0.0.0: expected a key for a host that others reach, found none" in result.stderr
    assert "--api-key-file, --no-key" in result.stderr


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"short\n", "expected at least 16 characters, found 5"), (b"\xff" * 20, "can't decode")],
)
def test_a_key_that_is_none_is_refused_and_not_shown(
    model: Path, tmp_path: Path, content: bytes, message: str
) -> None:
    (tmp_path / "key.txt").write_bytes(content)
    result = run("serve", "--model", model, "--api-key-file", tmp_path / "key.txt")
    assert result.exit_code == 2
    assert message in result.stderr


def test_two_models_of_one_name_are_refused(model: Path, tmp_path: Path) -> None:
    other = make_bundle(tmp_path / "other" / "model")
    result = run("serve", "--port", "0", "--model", model, "--model", other)
    assert result.exit_code == 1
    assert "expected models of different names, found two: model" in result.stderr


def test_a_port_that_is_taken_is_named(model: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run("serve", "--model", model, "--port", port)
    assert result.exit_code == 1
    assert f"expected a free address to listen on, found 127.0.0.1 port {port}: " in result.stderr
