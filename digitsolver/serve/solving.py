"""Read images, and say which models there are."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import Response

from digitsolver.bundle import MAX_LENGTH
from digitsolver.measure.guarantee import ReadingOptions, threshold
from digitsolver.results import Failure, JsonObject, answer_to_json
from digitsolver.serve.answers import (
    ErrorShape,
    FailureShape,
    ReadingShape,
    Shape,
    describe_errors,
    json_response,
)
from digitsolver.serve.dependencies import IMAGE_BODY, KEY, Images, is_form
from digitsolver.serve.service import Job, TheService, service_of
from digitsolver.solver import Solver

router = APIRouter(prefix="/v1", tags=["v1"], dependencies=[KEY])

ModelName = Annotated[
    str | None, Query(max_length=255, description="Which model reads; by default the first.")
]
Length = Annotated[
    int | None,
    Query(ge=1, le=MAX_LENGTH, description="Characters of the text, where they are known."),
]
MinConfidence = Annotated[
    float, Query(ge=0, le=1, description="Below this confidence, `text` is null.")
]
MaxWrong = Annotated[
    float | None,
    Query(
        gt=0,
        lt=1,
        description="Share of the answers that may be wrong, such as 0.01: below the confidence "
        "that was certified for it, `text` is null.",
    ),
]


class ModelShape(Shape):
    """A model of this service."""

    name: str
    default: bool
    reader: str
    alphabet: str
    length: int | None
    sha256: str
    guarantees: list[JsonObject]


class ModelsShape(Shape):
    """The models of this service; the first reads where a request names none."""

    models: list[ModelShape]


@router.post(
    "/solve",
    response_model=None,
    responses={
        200: {"model": ReadingShape | list[ReadingShape | FailureShape]},
        **describe_errors(400, 401, 413, 503),
        422: {"model": FailureShape | ErrorShape},
    },
    openapi_extra={"requestBody": IMAGE_BODY},
)
async def solve(
    request: Request,
    images: Images,
    model: ModelName = None,
    length: Length = None,
    min_confidence: MinConfidence = 0.0,
    max_wrong: MaxWrong = None,
) -> Response:
    """Read one image, sent as the body, or several, sent as the files of a form.

    Answers what `digitsolver solve --json` prints: one object for a body, a list in the order of
    the files for a form, where an image that cannot be read has an object with its `error`.
    """
    service = service_of(request)  # each dependency costs a tenth of a millisecond
    solver = service.models.get(model)
    if max_wrong is not None:
        min_confidence = max(min_confidence, _certified(solver, max_wrong, length))
    answers = await service.read(request, Job(images, solver, length))
    service.metrics.count_readings(service.models.name_of(solver), answers, min_confidence)
    objects = [answer_to_json(answer, min_confidence) for answer in answers]
    if is_form(request):
        return json_response(objects)
    return json_response(objects[0], 422 if isinstance(answers[0], Failure) else 200)


@router.get(
    "/models", response_model=None, responses={200: {"model": ModelsShape}, **describe_errors(401)}
)
async def models(service: TheService) -> Response:
    """Name the models with their alphabet, their length, and what was certified of them."""
    return json_response({"models": service.models.to_json()})


def _certified(solver: Solver, max_wrong: float, length: int | None) -> float:
    """Return the confidence at which a model guarantees `max_wrong`."""
    try:
        return threshold(solver.bundle.facts.guarantees, max_wrong, ReadingOptions(length=length))
    except ValueError as error:
        raise HTTPException(422, f"max_wrong {max_wrong:.3g}: {error}") from error
