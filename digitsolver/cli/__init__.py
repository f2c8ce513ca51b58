"""The ``digitsolver`` command: parse, call one function, print its result."""

from __future__ import annotations

from pathlib import Path

import click

from digitsolver import __version__
from digitsolver.cli.auditing import audit
from digitsolver.cli.console import Group, bar, finish, starting
from digitsolver.cli.evaluating import evaluate
from digitsolver.cli.labels import LABELS_FROM, PAD_LABELS, settle_labels
from digitsolver.cli.options import (
    ALPHABET,
    AS_JSON,
    CLUSTER,
    FOLDER,
    FORCE,
    IMAGE_FOLDER,
    JOBS,
    SEED,
    STYLE,
)
from digitsolver.cli.serving import serve
from digitsolver.cli.solving import solve
from digitsolver.cli.training import train
from digitsolver.cli.tuning import tune
from digitsolver.errors import BundleError, MissingExtraError, printable


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="digitsolver")
def main() -> None:
    """Read short digit strings in small noisy images that you are allowed to read.

    \b
    Example:
      digitsolver train captchas/speckle --out model
      digitsolver solve ticket.png --model model
    """


@main.command()
@click.argument("captchas", type=IMAGE_FOLDER)
@click.option("--out", type=FOLDER, required=True, help="The digits folder to write.")
@STYLE
@ALPHABET
@LABELS_FROM
@PAD_LABELS
@FORCE
@JOBS
@CLUSTER
@AS_JSON
def preprocess(
    captchas: Path,
    out: Path,
    *,
    style: str,
    alphabet: str,
    labels_from: str,
    pad_labels: int | None,
    force: bool,
    jobs: int | None,
    cluster: str | None,
    as_json: bool,
) -> None:
    """Segment labelled captchas into a digits folder.

    Writes OUT/<digit>/<id>-<position>.png and the style as OUT/style.toml. Captchas that cannot
    be segmented are listed with the reason in OUT/rejected.csv. Capital letters go to OUT/upper_a
    and so on, because some file systems ignore case.

    \b
    Example:
      digitsolver preprocess captchas/speckle --out digits
    """
    with starting():
        from digitsolver.datasets import check_labels, read_captchas
        from digitsolver.datasets.preprocess import preprocess as cut_all
        from digitsolver.parallel.processes import Workers, usable_cores
        from digitsolver.tune import resolve

    workers = Workers(jobs or usable_cores(), cluster)
    labels = settle_labels(captchas, labels_from, pad_labels, alphabet=alphabet)
    samples, problems = read_captchas(captchas, labels_from=labels, alphabet=alphabet)
    samples, foreign = check_labels(samples, alphabet)
    problems += foreign
    chosen = resolve(style, samples)
    with bar(len(samples), "segmenting") as advance:
        done = cut_all(
            samples,
            chosen,
            out,
            rejected=problems,
            workers=workers,
            progress=advance,
            force=force,
        )
    counts = {"captchas": done.captchas, "digits": done.digits, "rejected": len(done.rejected)}
    result = {**counts, "style": chosen.name, "out": str(out)}
    text = (
        f"{printable(out)}: {done.digits} digits of {done.captchas} captchas, style {chosen.name}, "
        f"{len(done.rejected)} rejected"
    )
    finish(result if as_json else text, done.rejected)


main.add_command(tune)
main.add_command(train)


main.add_command(evaluate)
main.add_command(audit)
main.add_command(solve)
main.add_command(serve)


@main.command()
@click.argument("captchas", type=click.Path(path_type=Path))
@click.option("--out", type=FOLDER, required=True, help="The folder for the images.")
@STYLE
@click.option(
    "--model", metavar="BUNDLE", help="Also show the reading and activations of this model."
)
@click.option(
    "--count", type=click.IntRange(1), help="Use only this many captchas, chosen by --seed."
)
@LABELS_FROM
@PAD_LABELS
@SEED
@FORCE
def visualize(
    captchas: Path,
    out: Path,
    *,
    style: str,
    model: str | None,
    count: int | None,
    labels_from: str,
    pad_labels: int | None,
    seed: int,
    force: bool,
) -> None:
    """Write images of every stage, and a strip of all stages for each captcha.

    CAPTCHAS is a folder, or one image, whose length is then that of the style, or estimated.

    With a model of the reader digits, also show its reading, the activations of its last
    convolution, and the Grad-CAM of each digit, which needs the extra train. With a model of the
    reader line, show the columns where it reads each digit instead of the stages.

    \b
    Example:
      digitsolver visualize captchas/speckle --out visualized_steps/speckle --count 12
      digitsolver visualize ticket.png --out steps --style lines
      digitsolver visualize captchas/speckle --out steps --count 12 --model model
    """
    from digitsolver.datasets import Problem, Sample, draw, read_captchas
    from digitsolver.solver import load
    from digitsolver.tune import resolve
    from digitsolver.visualize import open_grad_cam
    from digitsolver.visualize import visualize as draw_stages

    solver = load(model) if model else None
    grad_cam = None
    if solver and "trace" not in solver.explains:
        click.echo(
            f"{model}: reads whole images, so where it reads is shown instead of the stages",
            err=True,
        )
    elif solver:
        try:
            grad_cam = open_grad_cam(solver.bundle)
        except (BundleError, MissingExtraError) as error:
            click.echo(f"no Grad-CAM: {error}", err=True)
    samples, problems = [Sample(captchas)], list[Problem]()
    if not captchas.is_file():
        labels = settle_labels(captchas, labels_from, pad_labels)
        samples, problems = read_captchas(captchas, labelled=False, labels_from=labels)
    chosen = solver.bundle.style if solver else resolve(style, samples)
    some = draw(samples, min(count or len(samples), len(samples)), seed)
    with bar(len(some), "drawing") as advance:
        done = draw_stages(
            some, out, chosen, solver=solver, grad_cam=grad_cam, progress=advance, force=force
        )
    finish(
        f"{printable(out)}: images of {done.captchas} captchas, style {chosen.name}",
        [*problems, *done.problems],
    )


@main.command()
@click.argument("bundle", type=FOLDER)
@AS_JSON
def info(bundle: Path, as_json: bool) -> None:
    """Check a bundle and print what is in it.

    \b
    Example:
      digitsolver info model
    """
    from digitsolver import bundle as bundles

    found = bundles.load(bundle)
    finish(found.to_json() if as_json else found.table())
