"""Answers of one shape for everything that fails, and what the API's objects look like."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from digitsolver.errors import DigitSolverError
from digitsolver.results import JsonObject
from digitsolver.serve.work import BusyError, GoneError

RETRY = {"Retry-After": "1"}
"""For a client that was refused because others wait."""
BUSY = "expected room in the queue, found as many requests as may wait: try again"
GONE = 499
"""What the log says where nobody waits for the answer."""


class Shape(BaseModel):
    """An object of the API as its description has it."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class DigitShape(Shape):
    """One character, its confidence, and its box: x, y, width, height in pixels."""

    digit: str
    confidence: float = Field(ge=0, le=1)
    box: list[int] = Field(min_length=4, max_length=4)


class ReadingShape(Shape):
    """The text of one image; `text` is null where the confidence is below what was asked for."""

    path: str | None = Field(description="The name of the image, where it has one.")
    text: str | None
    confidence: float = Field(ge=0, le=1)
    digits: list[DigitShape]
    frames: int = Field(default=1, description="Only for an image of several frames or pages.")
    frame: int | None = Field(default=1, description="The one that was read; null for all in one.")
    confidence_given_length: float = Field(
        default=1, ge=0, le=1, description="Only where a length is given."
    )
    novel: bool = Field(default=False, description="Only where true: the image shows letters.")


class FailureShape(Shape):
    """An image that cannot be read, and why."""

    path: str | None
    error: str


class ErrorShape(Shape):
    """A request that is refused: what was expected, and what was found."""

    error: str


def json_response(
    content: JsonObject | list[JsonObject],
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return an answer whose JSON is written as the commands write it."""
    text = json.dumps(content)
    return Response(text, status, headers, media_type="application/json")


def error_response(status: int, reason: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return the answer to a request that is refused."""
    return json_response({"error": reason}, status, headers)


def describe_errors(*statuses: int) -> dict[int | str, dict[str, object]]:
    """Return the ``responses`` of a route that can be refused with `statuses`."""
    return {
        status: {"model": ErrorShape, "description": HTTPStatus(status).phrase}
        for status in statuses
    }


def add_handlers(app: FastAPI) -> None:
    """Let `app` answer every error in the same shape."""
    app.add_exception_handler(RequestValidationError, _misread)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(DigitSolverError, _wrong)
    app.add_exception_handler(BusyError, _busy)
    app.add_exception_handler(GoneError, _gone)
    app.add_exception_handler(ClientDisconnect, _gone)
    app.add_exception_handler(Exception, _broken)


def _misread(request: Request, error: Exception) -> Response:
    """Name the options that are wrong, without their values."""
    del request
    found = error.errors() if isinstance(error, RequestValidationError) else []
    named = [f"{'.'.join(map(str, one['loc'][1:]))}: {one['msg']}" for one in found]
    return error_response(422, "; ".join(named))


def _http(request: Request, error: Exception) -> Response:
    """Answer what was refused by a route or by the framework."""
    del request
    if not isinstance(error, HTTPException):
        return error_response(500, HTTPStatus(500).phrase)
    return error_response(error.status_code, error.detail, error.headers)


def _wrong(request: Request, error: Exception) -> Response:
    """Say why the library refuses what was asked; its path is that of a file of the server."""
    del request
    reason = error.reason if isinstance(error, DigitSolverError) else HTTPStatus(422).phrase
    return error_response(422, reason)


def _busy(request: Request, error: Exception) -> Response:
    del request, error
    return error_response(503, BUSY, RETRY)


def _gone(request: Request, error: Exception) -> Response:
    del request, error
    return Response(status_code=GONE)


def _broken(request: Request, error: Exception) -> Response:
    """Say no more than that it is our fault; the log has the error."""
    del request, error
    return error_response(500, "expected an answer, found an error of this service: see its log")
