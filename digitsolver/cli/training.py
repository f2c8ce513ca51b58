"""The command ``digitsolver train``."""

from __future__ import annotations

from pathlib import Path

import click

from digitsolver.cli.console import TrainingConsole, finish
from digitsolver.cli.labels import LABELS_FROM, PAD_LABELS, settle_labels
from digitsolver.cli.options import (
    ALPHABET,
    AS_JSON,
    FOLDER,
    FORCE,
    IMAGE_FOLDER,
    MAX_WRONG,
    SEED,
    STYLE,
)


@click.command()
@click.argument("source", type=IMAGE_FOLDER, required=False)
@click.option("--out", type=FOLDER, required=True, help="The model folder to write.")
@STYLE
@click.option(
    "--reader",
    type=click.Choice(["auto", "digits", "line"]),
    default="auto",
    show_default=True,
    help="line reads the whole image with one network; digits runs the stages, then a network "
    "on each digit. auto trains line first, and digits too where line misread so many of the "
    "held-out captchas that digits can read significantly more, and keeps it then; a digits folder "
    "always uses digits.",
)
@click.option(
    "--architecture",
    metavar="NAME",
    help="Network: line (default) or positions for line; cnn (default), lenet, tinyvgg or "
    "resnet18 for digits. Also chooses the reader.",
)
@ALPHABET
@LABELS_FROM
@PAD_LABELS
@click.option(
    "--labels",
    type=click.IntRange(1),
    help="Train on this many captchas of SOURCE, chosen by --seed; without SOURCE, on this many "
    "generated ones [500].",
)
@click.option(
    "--generate",
    metavar="NAME|FILE",
    help="Generate captchas of this look, by name or look file (.toml), during training and learn "
    "from them too; see collector generate and collector imitate.",
)
@click.option(
    "--unlabelled",
    type=FOLDER,
    help="Unlabelled images of the look: learn from pseudo-labels with high confidence too.",
)
@click.option(
    "--epochs",
    type=click.IntRange(1),
    help="At most this many epochs (reader digits) or rounds of 50 steps (reader line).",
)
@click.option("--from-scratch", is_flag=True, help="Start from random weights.")
@click.option(
    "--devices",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="GPUs, or logical CPUs, that train the reader digits in parallel.",
)
@click.option(
    "--max-wrong",
    type=MAX_WRONG,
    metavar="1%",
    help="Set a third of the captchas aside, and certify with them the confidence at which at "
    "most this share of the answers is wrong, for solve --max-wrong.",
)
@SEED
@FORCE
@click.option("--resume", is_flag=True, help="Continue an interrupted run.")
@click.option(
    "--tensorboard", type=FOLDER, help="Write event files for TensorBoard to this folder."
)
@AS_JSON
def train(
    source: Path | None,
    out: Path,
    *,
    style: str,
    reader: str,
    labels: int | None,
    labels_from: str,
    pad_labels: int | None,
    unlabelled: Path | None,
    force: bool,
    resume: bool,
    tensorboard: Path | None,
    as_json: bool,
    architecture: str | None,
    alphabet: str,
    generate: str | None,
    epochs: int | None,
    from_scratch: bool,
    devices: int,
    max_wrong: float | None,
    seed: int,
) -> None:
    """Train a model on SOURCE: a folder of labelled captchas, or a digits folder.

    With --generate, SOURCE may be left out.

    Training fine-tunes the default model; 50 labels are a good start. During training,
    history.csv and curves.png are updated after each epoch or round, in the hidden folder
    .OUT.checkpoint beside OUT; --resume continues from there. What happens, how long it takes
    and what is left is said on standard error.

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
    if source is not None:
        placed = settle_labels(source, labels_from, pad_labels, alphabet=alphabet)
    else:
        placed = labels_from
    with TrainingConsole() as console:
        console.announce(f"history.csv and curves.png: {training.watched_folder(out)}")
        trained = training.train(
            source,
            style,
            out,
            settings=settings,
            labels=labels,
            labels_from=placed,
            unlabelled=unlabelled,
            resume=resume,
            force=force,
            progress=console.progress,
            announce=console.announce,
            tensorboard=tensorboard,
            max_wrong=max_wrong,
        )
    metrics = trained.bundle.metrics()
    result = {
        **metrics,
        "style": trained.bundle.style.name,
        "reader": trained.bundle.facts.reader,
        "out": str(out),
    }
    finish(result if as_json else training.summary(trained), trained.problems)
