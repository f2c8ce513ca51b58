"""The application: its routes, and what stands before them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import PlainTextResponse

from digitsolver import __version__
from digitsolver.serve import health, page, reference, solving, stages
from digitsolver.serve.answers import add_handlers, describe_errors
from digitsolver.serve.dependencies import KEY
from digitsolver.serve.guard import Envelope, Guard
from digitsolver.serve.service import Service
from digitsolver.serve.settings import ServeSettings


def create_app(settings: ServeSettings) -> FastAPI:
    """Return the application; its models are open when this returns.

    Parameters
    ----------
    settings
        What the service is started with.

    Raises
    ------
    BundleError
        A model cannot be opened.
    """
    app = FastAPI(
        title="digitsolver",
        version=__version__,
        description="Read short digit strings in small noisy images.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        responses=describe_errors(403, 421),
        lifespan=_lifespan,
    )
    app.state.service = service = Service(settings)
    add_handlers(app)
    app.include_router(solving.router, max_body_size=settings.max_bytes)
    app.include_router(health.router)
    app.include_router(reference.router)
    app.include_router(page.router)
    app.include_router(stages.router, max_body_size=settings.max_bytes)
    counted = service.metrics.instrument(app)
    counted.expose(
        app,
        dependencies=[KEY],
        tags=["health"],
        response_class=PlainTextResponse,
        responses=describe_errors(401),
    )
    if settings.allowed_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.allowed_origins,
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization"],
        )
    app.add_middleware(Guard, service=service)
    app.add_middleware(Envelope)  # added last: the outermost
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Warm the models up first; finish what was taken before the application ends."""
    await app.state.service.warm_up()
    yield
    app.state.service.close()
