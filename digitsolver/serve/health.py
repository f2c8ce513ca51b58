"""Say whether the service lives, and whether it takes requests."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, HTTPException

from digitsolver.serve.answers import Shape, describe_errors
from digitsolver.serve.service import TheService

router = APIRouter(prefix="/health", tags=["health"])


class HealthShape(Shape):
    """That all is well."""

    status: Literal["live", "ready"]


@router.get("/live")
async def live() -> HealthShape:
    """Answer as long as the process can."""
    return HealthShape(status="live")


@router.get("/ready", responses=describe_errors(503))
async def ready(service: TheService) -> HealthShape:
    """Answer 200 where an image that comes in now would be read."""
    if service.full or service.stopping:
        why = "stops" if service.stopping else "has a full queue"
        raise HTTPException(503, f"expected a service that takes requests, found one that {why}")
    return HealthShape(status="ready")
