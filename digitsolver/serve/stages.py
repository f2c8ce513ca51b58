"""Show what led to a reading: the stages for a style, or what a model looked at."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from digitsolver.pipeline.style import Style
from digitsolver.serve.answers import Shape, describe_errors
from digitsolver.serve.dependencies import IMAGE_BODY, KEY, OneImage
from digitsolver.serve.explain import ExplanationShape, explain_answer
from digitsolver.serve.lab import StylesShape, TraceShape, style_from, styles_answer, trace_answer
from digitsolver.serve.service import TheService
from digitsolver.serve.solving import Length, ModelName

router = APIRouter(prefix="/v1", tags=["v1"], dependencies=[KEY])

DEFAULT_STYLE = Style().name
LONGEST_STYLE = 4096
"""Characters of a style in an address."""
ERRORS = describe_errors(400, 401, 413, 422, 503)

StyleText = Annotated[
    str,
    Query(
        max_length=LONGEST_STYLE,
        description="A style: the name of one, or its settings as TOML or as a JSON object.",
    ),
]

Strip = Annotated[bool, Query(description="Whether to draw all stages side by side, too.")]


@router.post(
    "/trace",
    response_model=None,
    responses={200: {"model": TraceShape}, **ERRORS},
    openapi_extra={"requestBody": IMAGE_BODY},
)
async def trace(
    request: Request,
    service: TheService,
    image: OneImage,
    style: StyleText = DEFAULT_STYLE,
    length: Length = None,
    strip: Strip = False,
) -> Response:
    """Run the stages over one image, and answer what each gave, as images with a sentence.

    Where a stage fails, `problem` says why, and the stages before it are there.
    """
    work = partial(trace_answer, image, style_from(style), length=length, strip=strip)
    return _json(await service.run(request, work))


@router.post(
    "/explain",
    response_model=None,
    responses={200: {"model": ExplanationShape}, **ERRORS},
    openapi_extra={"requestBody": IMAGE_BODY},
)
async def explain(
    request: Request,
    service: TheService,
    image: OneImage,
    model: ModelName = None,
    length: Length = None,
) -> Response:
    """Read one image, and answer what the model looked at: the frames or the crops."""
    solver = service.models.get(model)
    work = partial(explain_answer, image, solver, service.models.name_of(solver), length=length)
    return _json(await service.run(request, work))


@router.get(
    "/styles",
    response_model=None,
    responses={200: {"model": StylesShape}, **describe_errors(401)},
)
async def styles() -> Response:
    """Name the settings that a style has, with their values, and the styles that have a name."""
    return _json(styles_answer())


def _json(answer: Shape) -> Response:
    return Response(answer.model_dump_json(exclude_unset=True), media_type="application/json")
