"""The page's addresses: what it shows, and what it does when a key is pressed."""

from __future__ import annotations

from importlib import resources
from typing import Annotated, Any

from fastapi import FastAPI
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, StringConstraints

from collector.label.guard import App, Guard
from collector.label.session import Session, StaleError
from digitsolver.errors import DigitSolverError
from digitsolver.io.images import encode_png, read_image

PAGE = {
    "": ("page.html", "text/html"),
    "page.css": ("page.css", "text/css"),
    "page.js": ("page.js", "text/javascript"),
    "editor.js": ("editor.js", "text/javascript"),
}

Text = Annotated[str, StringConstraints(min_length=1, max_length=64)]


class Body(BaseModel):
    """Hold what a request says; anything else in it is refused."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Sample(Body):
    """Name a sample, and how many changes it had when it was shown."""

    id: Text
    seen: int


class Answer(Sample):
    """Hold an answer, too."""

    text: Text


class Move(Body):
    """Say which way to go."""

    forward: bool


class Review(Body):
    """Say whether to review."""

    on: bool


class Page:
    """Answer the requests of the page; each change returns the state after it."""

    def __init__(self, session: Session) -> None:
        """Show `session`."""
        self._session = session

    def file(self, name: str = "") -> Response:
        """Return a part of the page itself."""
        if name not in PAGE:
            return Response("no such address\n", 404, media_type="text/plain")
        part, kind = PAGE[name]
        text = resources.files("collector.label").joinpath(part).read_text(encoding="utf-8")
        return Response(text, media_type=kind)

    def image(self, identifier: str) -> Response:
        """Return the image of a sample as a PNG, whatever it is."""
        try:
            record = self._session.store.get(identifier)
            pixels = read_image(self._session.store.path(record))
        except DigitSolverError as error:
            return Response(f"{error}\n", 404, media_type="text/plain")
        return Response(encode_png(pixels), media_type="image/png")

    def state(self) -> dict[str, Any]:
        """Return what is shown."""
        return self._session.state()

    def answer(self, body: Answer) -> dict[str, Any]:
        """Give a sample a label."""
        self._session.answer(body.id, body.text, body.seen)
        return self._session.state()

    def unreadable(self, body: Sample) -> dict[str, Any]:
        """Say that nobody can read a sample."""
        self._session.mark_unreadable(body.id, body.seen)
        return self._session.state()

    def undo(self) -> dict[str, Any]:
        """Take the last answer back."""
        self._session.undo()
        return self._session.state()

    def move(self, body: Move) -> dict[str, Any]:
        """Go back, or on without an answer."""
        self._session.move(body.forward)
        return self._session.state()

    def review(self, body: Review) -> dict[str, Any]:
        """Begin or end the review."""
        self._session.review(body.on)
        return self._session.state()

    def retrain(self) -> dict[str, Any]:
        """Begin to train."""
        self._session.retrain()
        return self._session.state()


def create_app(session: Session, *, token: str, port: int) -> App:
    """Return the application that serves `session` under ``/<token>/`` on a port of 127.0.0.1."""
    page = Page(session)
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.add_api_route("/state", page.state, methods=["GET"])
    app.add_api_route("/image/{identifier}", page.image, methods=["GET"])
    for change in (page.answer, page.unreadable, page.undo, page.move, page.review, page.retrain):
        app.add_api_route(f"/{change.__name__}", change, methods=["POST"])
    app.add_api_route("/", page.file, methods=["GET"])
    app.add_api_route("/{name}", page.file, methods=["GET"])
    app.add_exception_handler(StaleError, _refused(409))
    app.add_exception_handler(DigitSolverError, _refused(422))
    return Guard(app, token=token, port=port)


def _refused(status: int) -> Any:
    """Return what answers with an error's own words."""

    def refuse(request: object, error: Exception) -> JSONResponse:
        del request
        return JSONResponse({"error": str(error)}, status)

    return refuse
