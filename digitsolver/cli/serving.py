"""The command ``digitsolver serve``."""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from pathlib import Path

import click

from digitsolver.cli.console import starting
from digitsolver.cli.options import FOLDER
from digitsolver.errors import printable, require_packages

KEY_VARIABLE = "DIGITSOLVER_API_KEY"
"""The environment variable that may hold the key."""
LONGEST_FILE = 4096
NEEDED = ("fastapi", "uvicorn", "python_multipart", "prometheus_fastapi_instrumentator", "jinja2")


@click.command()
@click.option(
    "--model",
    "models",
    metavar="BUNDLE",
    type=FOLDER,
    multiple=True,
    help="A model folder; default: the default model. Can be given several times: requests name a "
    "model by its folder, the first reads where they do not.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Where to listen.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0: a free one."
)
@click.option(
    "--api-key-file",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help=f"File with the key that clients must send; or the environment variable {KEY_VARIABLE}.",
)
@click.option(
    "--no-key", is_flag=True, help="Let everybody ask who reaches a host that is not loopback."
)
@click.option(
    "--queue",
    type=click.IntRange(1, 100_000),
    default=64,
    show_default=True,
    help="Requests that may wait; those beyond are answered 503 at once.",
)
@click.option(
    "--max-bytes",
    type=click.IntRange(1, 2**30),
    default=16 * 2**20,
    show_default=True,
    help="Bytes of one request.",
)
@click.option(
    "--max-images",
    type=click.IntRange(1, 10_000),
    default=100,
    show_default=True,
    help="Images of one request.",
)
@click.option(
    "--allow-host",
    "hosts",
    metavar="NAME",
    multiple=True,
    help="Name by which clients may call this service, as behind a proxy. Can be given several "
    "times.",
)
@click.option(
    "--allow-origin",
    "origins",
    metavar="https://NAME",
    multiple=True,
    help="Site whose pages may ask from a browser. Can be given several times.",
)
def serve(
    models: tuple[Path, ...],
    *,
    host: str,
    port: int,
    api_key_file: Path | None,
    no_key: bool,
    queue: int,
    max_bytes: int,
    max_images: int,
    hosts: tuple[str, ...],
    origins: tuple[str, ...],
) -> None:
    """Read images over HTTP: an API under /v1, its description at /docs, a page at /.

    Only this machine can ask unless --host says otherwise, which needs a key or --no-key. The log
    has method, path, status, time and a number of each request, and nothing of the images. Ctrl-C
    or SIGTERM ends it after the requests that it has taken.

    \b
    Example:
      digitsolver serve
      digitsolver serve --model model --host 0.0.0.0 --api-key-file key.txt
    """
    require_packages("serving", NEEDED, "web")
    with starting():
        from digitsolver.serve.app import create_app
        from digitsolver.serve.server import address, listen, make_server
        from digitsolver.serve.settings import ServeSettings

        try:
            settings = ServeSettings(
                models=models,
                host=host,
                port=port,
                api_key=_key(api_key_file),
                no_key=no_key,
                allowed_hosts=hosts,
                allowed_origins=origins,
                queue=queue,
                max_bytes=max_bytes,
                max_images=max_images,
            )
            listening = listen(settings)
        except ValueError as error:
            raise click.UsageError(f"{error}: see --host, --api-key-file, --no-key") from error
        except OSError as error:
            if error.filename is not None:
                raise
            where = f"{printable(host)[:100]} port {port}"
            raise click.ClickException(
                f"expected a free address to listen on, found {where}: {error.strerror}"
            ) from error
        app = create_app(settings)
    _log()
    click.echo(f"digitsolver serves at {address(listening)} (ctrl-C ends)", err=True)
    with suppress(KeyboardInterrupt):
        make_server(app).run(sockets=[listening])


def _key(path: Path | None) -> str | None:
    """Return the key of a file, or else of the environment; raises ValueError for no text."""
    if path is None:
        return os.environ.get(KEY_VARIABLE)
    with path.open("rb") as stream:
        return stream.read(LONGEST_FILE).decode("ascii").strip()


def _log() -> None:
    """Write the log to standard error: our own lines, and what the server has to say of errors."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
    levels = {"digitsolver.serve": "INFO", "uvicorn": "WARNING", "python_multipart": "ERROR"}
    for name, level in levels.items():
        logger = logging.getLogger(name)
        logger.setLevel(level)
        logger.addHandler(handler)
        logger.propagate = False
