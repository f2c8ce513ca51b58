"""The page: its template, its static files, and the samples that it offers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from fastapi import APIRouter
from fastapi.responses import FileResponse, HTMLResponse, Response
from starlette.exceptions import HTTPException

from digitsolver import __version__
from digitsolver.results import JsonObject
from digitsolver.serve.rendering import render
from digitsolver.serve.service import TheService

router = APIRouter(include_in_schema=False)

STATIC: Final = Path(__file__).with_name("static")
SAMPLES: Final = STATIC / "samples"
KINDS: Final = {
    ".css": "text/css",
    ".jpg": "image/jpeg",
    ".js": "text/javascript",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
}


@router.get("/")
async def page(service: TheService) -> Response:
    """Return the page; what it shows it asks of the API, with the key where one is needed."""
    return HTMLResponse(render_page(needs_key=service.settings.api_key is not None))


@router.get("/static/{name}")
async def static(name: str) -> Response:
    """Return a part of the page."""
    return _file(_files(STATIC), name)


@router.get("/samples/{name}")
async def sample(name: str) -> Response:
    """Return a sample, or ``samples.json``, which says what each shows."""
    return _file(_files(SAMPLES), name)


def render_page(*, needs_key: bool) -> str:
    """Return the page as HTML, without a script or a style of its own."""
    return render("page.html.j2", version=__version__, samples=read_samples(), needs_key=needs_key)


@cache
def read_samples() -> list[JsonObject]:
    """Return what is known of each sample: its file, its look, its text and a style for it."""
    listed: list[JsonObject] = json.loads((SAMPLES / "samples.json").read_text(encoding="utf-8"))
    return listed


@cache
def _files(folder: Path) -> Mapping[str, Path]:
    """Return the files of a folder by name: a request chooses one of them, it makes no path."""
    return {path.name: path for path in folder.iterdir() if path.suffix in KINDS}


def _file(files: Mapping[str, Path], name: str) -> Response:
    if name not in files:
        raise HTTPException(404, "expected a file of the page, found no such name")
    return FileResponse(files[name], media_type=KINDS[files[name].suffix])
