"""The command ``digitsolver train``."""

from __future__ import annotations

from pathlib import Path

import click

from digitsolver.cli.console import epochs_bar, finish
from digitsolver.cli.options import ALPHABET, AS_JSON, FOLDER, SEED, STYLE


@click.command()
@click.argument("source", type=FOLDER, required=False)
@click.option("--out", type=FOLDER, required=True, help="The model folder to write.")
@STYLE
@click.option(
    "--reader",
    type=click.Choice(["auto", "digits", "line"]),
    default="auto",
    show_default=True,
    help="How text is found: line reads the whole image; digits runs the stages, then a "
    "network on each digit. auto measures both on the same captchas held out and keeps line "
    "unless digits reads more by more than chance; a folder of digits is digits.",
)
@click.option(
    "--architecture",
    metavar="NAME",
    help="Network: line (default) or positions for line; cnn (default), lenet, tinyvgg or "
    "resnet18 for digits. Chooses the reader, too.",
)
@ALPHABET
@click.option(
    "--labels",
    type=click.IntRange(1),
    help="Train on that many captchas of SOURCE, chosen by --seed; without SOURCE, on that many "
    "drawn ones [500].",
)
@click.option(
    "--generate",
    metavar="LOOK",
    help="Draw captchas of this look while training and learn from them, too; see "
    "collector generate.",
)
@click.option(
    "--unlabelled",
    type=FOLDER,
    help="Images of the look without labels: those read surely are learned from too.",
)
@click.option(
    "--epochs",
    type=click.IntRange(1),
    help="Passes over the digits, or rounds of 50 steps of the reader line, at most.",
)
@click.option("--from-scratch", is_flag=True, help="Do not start from the default model.")
@click.option(
    "--devices",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="GPUs, or logical CPUs, that the reader digits learns on at once.",
)
@SEED
@click.option("--resume", is_flag=True, help="Go on with an interrupted run.")
@click.option("--tensorboard", type=FOLDER, help="Write event files for TensorBoard there.")
@AS_JSON
def train(
    source: Path | None,
    out: Path,
    *,
    style: str,
    reader: str,
    labels: int | None,
    unlabelled: Path | None,
    resume: bool,
    tensorboard: Path | None,
    as_json: bool,
    architecture: str | None,
    alphabet: str,
    generate: str | None,
    epochs: int | None,
    from_scratch: bool,
    devices: int,
    seed: int,
) -> None:
    """Train a network on SOURCE: a folder of labelled captchas, or of digits.

    With --generate, SOURCE may be left out.

    Captchas fit the default model to their look; 50 labels are a good start. While it trains,
    history.csv and curves.png are drawn anew after each epoch or round, in the hidden folder
    .OUT.checkpoint beside OUT; --resume goes on from what is kept there.

    \b
    Example:
      digitsolver train captchas/speckle --out model
      digitsolver train captchas/speckle --out model --labels 50
      digitsolver train labelled --unlabelled others --out model
      digitsolver train --generate lines --out model
    """
    from digitsolver import train as training

    if source is None and generate is None:
        raise click.UsageError("expected SOURCE, or --generate LOOK, found none")
    options = training.Options(
        architecture, alphabet, seed, epochs, from_scratch, generate, devices
    )
    try:
        settings = training.choose_settings(source, reader, options)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if unlabelled is not None and not any(one.takes_unlabelled for one in settings):
        raise click.UsageError("--unlabelled: expected the reader line, found another")
    try:
        with epochs_bar(f"to watch it: {training.watched_folder(out)}") as progress:
            trained = training.train(
                source,
                style,
                out,
                settings=settings,
                labels=labels,
                unlabelled=unlabelled,
                resume=resume,
                progress=progress,
                tensorboard=tensorboard,
            )
    except KeyboardInterrupt:
        click.echo("interrupted: the same command with --resume goes on from here", err=True)
        raise
    metrics = trained.bundle.metrics()
    result = {
        **metrics,
        "style": trained.bundle.style.name,
        "reader": trained.bundle.facts.reader,
        "out": str(out),
    }
    finish(result if as_json else training.summary(trained), trained.problems)
