"""The command ``label``: the page on 127.0.0.1, or the terminal."""

from __future__ import annotations

import json
import secrets
import socket
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from collector.cli.options import AS_JSON
from collector.cli.terminal import label_on_terminal
from digitsolver.cli.labels import LABELS_FROM, PAD_LABELS, settle_labels
from digitsolver.cli.options import MAX_LENGTH
from digitsolver.errors import BundleError, printable, require_packages

if TYPE_CHECKING:
    from collector.label.session import Session
    from digitsolver.datasets import LabelsFrom
    from digitsolver.solver import Solver


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--model",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="The model that proposes labels; default: the one trained here before, or the default.",
)
@click.option(
    "--length",
    type=click.IntRange(1, MAX_LENGTH),
    help="Number of digits, if it is the same in all.",
)
@click.option(
    "--retrain-every",
    type=click.IntRange(10, 1_000_000),
    metavar="N",
    help="Train after every N new labels.",
)
@click.option("--by", "who", default="person", show_default=True, help="Who labels.")
@click.option("--no-browser", is_flag=True, help="Print the address and open no browser.")
@click.option("--terminal", is_flag=True, help="Label here, without a browser.")
@LABELS_FROM
@PAD_LABELS
@AS_JSON
def label(
    folder: Path,
    *,
    model: Path | None,
    length: int | None,
    retrain_every: int | None,
    who: str,
    no_browser: bool,
    terminal: bool,
    labels_from: str,
    pad_labels: int | None,
    as_json: bool,
) -> None:
    """Label the captchas of DIR: a model proposes, you accept with Enter or type over.

    Opens a page on this machine only, at a secret address. Captchas with the lowest confidence
    come first. Each label is on disk before the next image is shown; Ctrl-C ends the command,
    and the same command continues.

    \b
    Example:
      collector label captchas/mine --retrain-every 50
    """
    if not terminal:
        require_packages("labelling", ("fastapi", "uvicorn"), "web", ", or label with --terminal")
    if not who or ":" in who:
        raise click.BadParameter(f"expected a name without a colon, found {who!r}", param_hint="by")
    if not folder.is_dir():
        raise click.BadParameter(f"expected a folder with images: {folder}", param_hint="DIR")
    labels = _settle(folder, labels_from, pad_labels)
    with _session(folder, model, length, labels, who=who, retrain_every=retrain_every) as session:
        if terminal:
            label_on_terminal(session)
        else:
            _serve(session, folder, open_browser=not no_browser)
        done = session.state()
    if as_json:
        named = {"samples", "labelled", "unreadable", "open", "answers", "accepted"}
        click.echo(json.dumps({name: value for name, value in done.items() if name in named}))
    else:
        counts = f"{done['labelled']} of {done['samples']} labelled"
        others = f"{done['unreadable']} unreadable, {done['open']} to go"
        click.echo(f"{printable(folder)}: {done['answers']} answers; {counts}, {others}", err=True)
    if done["training"]["running"]:
        click.echo("the training that was going on has ended with it; the labels stay", err=True)


def _settle(folder: Path, labels_from: str, pad_labels: int | None) -> LabelsFrom:
    """Find where the labels of images are that the folder's record does not have yet."""
    from collector.dataset.store import read_records
    from digitsolver.datasets import image_paths

    known = frozenset(record.file for record in read_records(folder))
    if known and not {path.name for path in image_paths(folder)} - known:
        return labels_from
    return settle_labels(folder, labels_from, pad_labels, known=known)


@contextmanager
def _session(
    folder: Path,
    model: Path | None,
    length: int | None,
    labels_from: LabelsFrom,
    *,
    who: str,
    retrain_every: int | None,
) -> Iterator[Session]:
    """Open a folder for labelling, with the model that proposes; close both afterwards."""
    from collector.dataset.store import open_store
    from collector.label.proposals import Proposals
    from collector.label.session import Session
    from collector.label.trainer import Trainer
    from digitsolver.solver import load

    trainer = Trainer(folder)
    solver = _solver(model or trainer.kept)
    with open_store(folder, labels_from) as store:
        proposals = Proposals(store, solver, length=length)
        proposals.start()
        session = Session(
            store, proposals, trainer, who=who, retrain_every=retrain_every, load=load
        )
        try:
            yield session
        finally:
            session.close()


def _solver(model: Path | None) -> Solver | None:
    """Open the model that proposes; without a default model, say so and return None."""
    from digitsolver.solver import load

    try:
        return load(model)
    except BundleError as error:
        if model is not None:
            raise
        click.echo(f"nothing is proposed: {error}", err=True)
        return None


def _serve(session: Session, folder: Path, *, open_browser: bool) -> None:
    """Serve the page until Ctrl-C."""
    import uvicorn

    from collector.label.app import create_app

    token = secrets.token_urlsafe(16)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        # asyncio sets it only for sockets that were made with a protocol: 40 ms an answer.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        port = listening.getsockname()[1]
        app = create_app(session, token=token, port=port)
        settings = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            lifespan="off",
            ws="none",
            timeout_graceful_shutdown=2,
        )
        address = f"http://127.0.0.1:{port}/{token}/"
        click.echo(f"label {printable(folder)} at {address} (ctrl-C ends)", err=True)
        if open_browser:
            webbrowser.open(address)
        with suppress(KeyboardInterrupt):
            uvicorn.Server(settings).run(sockets=[listening])
