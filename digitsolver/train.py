"""Train a reader on labelled captchas, and keep it with all that reading needs as a bundle."""

import os
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from digitsolver import bundle as bundles
from digitsolver import datasets
from digitsolver.bundle import Bundle
from digitsolver.datasets import Problem
from digitsolver.errors import BundleError, DigitSolverError, FolderError
from digitsolver.parallel.progress import Progress
from digitsolver.pipeline.style import Style
from digitsolver.readers.trainable import TRAINABLE, prepare
from digitsolver.results import JsonObject
from digitsolver.training.backend import require_training
from digitsolver.training.checkpoint import Checkpoint
from digitsolver.training.comparison import FEWEST_HELD_OUT, comparison_table
from digitsolver.training.data import TrainingData, read_training_data
from digitsolver.training.generated import SOURCE, check_look, generated_folder
from digitsolver.training.job import ORIGIN, train_bundle
from digitsolver.training.trainer import Options, Settings, Trainer

__all__ = ["AUTO", "READERS", "Options", "Trained", "choose_settings", "summary", "train"]

AUTO = "auto"
READERS = (AUTO, *TRAINABLE)

StrPath = str | os.PathLike[str]


@dataclass(frozen=True, slots=True)
class Trained:
    """What training gave: the bundle, and the images that could not be used."""

    bundle: Bundle
    problems: Sequence[Problem]


def train(  # noqa: PLR0913 - a training has as many choices
    source: StrPath | None,
    style: str | Style,
    out: StrPath,
    *,
    settings: Sequence[Settings] | None = None,
    labels: int | None = None,
    labels_from: datasets.LabelsFrom = datasets.AUTO,
    unlabelled: StrPath | None = None,
    resume: bool = False,
    progress: Progress | None = None,
    tensorboard: StrPath | None = None,
    force: bool = False,
) -> Trained:
    """Train on a folder of captchas or of digits, and write the bundle `out`.

    Of several readers the first is kept unless another reads more of the same captchas held out
    by more than chance. ``watched_folder`` says where the run can be watched.

    Parameters
    ----------
    source
        A folder of labelled captchas, or a digits folder. Without it, `labels` captchas, or 500,
        are generated of the look that the settings name.
    style
        How captchas are cut into digits: a style, or what ``tune.resolve`` takes (``auto``, a
        name, a file). A digits folder brings its own, and the reader ``line`` needs none.
    out
        The folder of the bundle; it appears whole or not at all.
    settings
        The settings of each reader to train; by default those of ``choose_settings``.
    labels
        Train on so many captchas, chosen with the seed of the settings.
    labels_from
        Where the labels of captchas are; see `digitsolver.datasets.read_captchas`.
    unlabelled
        A folder of further images of the look, for self-training.
    resume
        Go on with an interrupted run of the same data and settings.
    progress
        Is called after each epoch or round.
    tensorboard
        A folder for event files.
    force
        Also replace a model of other captchas.

    Raises
    ------
    ValueError
        `labels` is not positive, or no reader of the settings learns from unlabelled images.
    FolderError
        `source` is no folder of captchas or digits, or has too few labels, or `out` is a folder
        with other things in it, or a model of other captchas.
    UnclearLabelsError
        The names of `source` may have labels in two places, or none.
    BundleError
        A run to resume had other data or settings, the default model is damaged, or the export
        went wrong.
    MissingExtraError
        TensorFlow or another package of the extra is not installed.
    """
    chosen = list(choose_settings(source) if settings is None else settings)
    if unlabelled is not None:
        chosen = [one for one in chosen if one.takes_unlabelled]
        if not chosen:
            raise ValueError("unlabelled: expected a reader that learns from unlabelled images")
    first = chosen[0]
    if source is None and not first.look:
        raise ValueError("source: expected a folder, or settings with a look, found none")
    origin = _origin(f"generated: {first.look}" if source is None else Path(source))
    if not force:
        _check_same_origin(Path(out), origin)
    require_training()
    place: AbstractContextManager[Path]
    if source is None:
        count = SOURCE if labels is None else labels
        place = generated_folder(first.look, first.seed, count, first.alphabet)
        labels = None
    else:
        place = nullcontext(Path(source))
    with place as folder:
        data = read_training_data(
            folder,
            style,
            alphabet=first.alphabet,
            seed=first.seed,
            labels=labels,
            labels_from=labels_from,
            unlabelled=None if unlabelled is None else Path(unlabelled),
        )
    default = prepare(first, data)
    challenger, reason = _challenge(default, chosen[1:], data)
    bundle = train_bundle(
        default,
        out,
        challenger=challenger,
        not_challenged=reason,
        resume=resume,
        progress=progress,
        tensorboard=None if tensorboard is None else Path(tensorboard),
        origin=origin,
    )
    kept_challenger = challenger is not None and bundle.facts.reader == challenger.settings.reader
    extra = challenger.problems if challenger is not None and kept_challenger else ()
    return Trained(bundle, [*default.problems, *extra])


def _origin(source: str | Path) -> str:
    """Return a hash of where captchas are: a bundle tells no path of this machine."""
    place = source if isinstance(source, str) else os.fspath(source.resolve())
    return blake2b(place.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()


def _check_same_origin(out: Path, origin: str) -> None:
    """Raise FolderError for a bundle that was trained on other captchas."""
    if not bundles.is_bundle(out):
        return
    try:
        found = bundles.load(out).metrics().get(ORIGIN)
    except BundleError:
        found = None
    if found != origin:
        raise FolderError(
            "expected a new folder, or a model of the same captchas, found one of others; "
            "--force replaces it",
            out,
        )


def _challenge(
    default: Trainer, others: Sequence[Settings], data: TrainingData
) -> tuple[Trainer | None, str | None]:
    """Return the trainer that competes with the default one, or why there is none."""
    if not others:
        return None, None
    held_out = default.held_out
    if len(held_out) < FEWEST_HELD_OUT:
        return None, (
            f"{len(held_out)} captchas held out say nothing about readers, "
            f"{FEWEST_HELD_OUT} or more are needed"
        )
    (settings,) = others
    if datasets.common_length(sample.label for sample in default.samples) is None:
        return None, f"the labels vary in length, which the reader {settings.reader} must be given"
    try:
        return prepare(settings, data.only(default.samples), held_out), None
    except DigitSolverError as error:
        return None, f"the reader {settings.reader} cannot learn from these captchas: {error}"


def watched_folder(out: StrPath) -> Path:
    """Return the folder with ``history.csv`` and ``curves.png`` of the run that writes `out`.

    It is there while the run goes on. Where two readers are compared, each has its own in it.
    """
    return Checkpoint.beside(Path(os.path.realpath(out))).folder


def choose_settings(
    source: StrPath | None, reader: str = AUTO, options: Options | None = None
) -> list[Settings]:
    """Return the settings of each reader to train on `source`, the default one first.

    ``auto`` leaves the readers that can learn from `source` with the `options`: an architecture of
    one reader alone, or training from scratch, chooses it.

    Raises
    ------
    ValueError
        An unknown reader or architecture, or a value out of its range.
    FolderError
        `source` holds digits, and the `reader` needs whole captchas.
    """
    options = options or Options()
    if reader not in READERS:
        raise ValueError(f"reader: expected one of {', '.join(READERS)}; found {reader!r}")
    if options.generate is not None:
        check_look(options.generate, options.alphabet)
    digits = source is not None and datasets.is_digits_folder(Path(source))
    readers = list(TRAINABLE) if reader == AUTO else [reader]
    if options.architecture is not None:
        known = {name: sorted(TRAINABLE[name].architectures()) for name in readers}
        readers = [name for name, names in known.items() if options.architecture in names]
        if not readers:
            expected = ", ".join(sorted(name for names in known.values() for name in names))
            raise ValueError(
                f"architecture: expected one of {expected}; found {options.architecture!r}"
            )
    candidates = [TRAINABLE[name].settings(options) for name in readers]
    if digits:
        candidates = [one for one in candidates if one.takes_digits_folder]
        if not candidates:
            raise FolderError(
                f"expected whole captchas for the reader {readers[0]}, found a folder of digits",
                source,
            )
    if options.from_scratch and len(candidates) > 1:
        candidates = candidates[:1]
    if options.devices > 1 and not any(one.takes_devices for one in candidates):
        reader = candidates[0].reader
        raise ValueError(f"devices: expected 1 for the reader {reader}, found {options.devices}")
    return candidates


def summary(trained: Trained) -> str:
    """Return what training gave as lines for people, warnings last."""
    metrics = trained.bundle.metrics()
    warnings = [f"note: {line}" for line in metrics["warnings"]]
    lines = [f"trained on {metrics['captchas']} captchas in {metrics['seconds']:.0f} s"]
    if metrics.get("unlabelled"):
        lines.append(_self_training_line(metrics["unlabelled"]))
    if "comparison" in metrics:
        lines.append(comparison_table(metrics["comparison"]))
    return "\n".join([trained.bundle.table(), *lines, *warnings])


def _self_training_line(figures: JsonObject) -> str:
    """Say what the images without labels brought."""
    start = f"unlabelled: {figures['kept']} of {figures['images']} images got a pseudo-label"
    if not figures["kept"]:
        return f"{start}: nothing to learn from"
    loss = f"{figures['loss_before']:.3g} -> {figures['loss_after']:.3g}"
    if figures["used"]:
        return f"{start} and were learned from; loss on the validation set {loss}"
    return f"{start}; loss on the validation set {loss}: they made it worse, and were dropped"
