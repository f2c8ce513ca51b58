"""Train a reader on labelled captchas, and keep it with all that reading needs as a bundle."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from digitsolver import bundle as bundles
from digitsolver import datasets, solver
from digitsolver.bundle import DEFAULT, Bundle, add_guarantee, is_bundle, origin_of
from digitsolver.bundle import load as load_bundle
from digitsolver.datasets import DIGITS, Problem, Sample
from digitsolver.errors import BundleError, FolderError
from digitsolver.measure.evaluation import evaluate
from digitsolver.measure.guarantee import certify, needed_images, shortfall
from digitsolver.measure.statistics import wilson
from digitsolver.parallel.processes import usable_cores
from digitsolver.parallel.progress import Announce, Progress
from digitsolver.pipeline.style import Style
from digitsolver.readers.trainable import TRAINABLE, prepare
from digitsolver.results import JsonObject, Reading
from digitsolver.training.backend import require_training
from digitsolver.training.checkpoint import Checkpoint
from digitsolver.training.comparison import FEWEST_HELD_OUT, comparison_table
from digitsolver.training.data import TrainingData, read_training_data
from digitsolver.training.generated import SOURCE, check_look, generated_folder
from digitsolver.training.job import Challenge, train_bundle
from digitsolver.training.trainer import Options, Settings, Trainer
from digitsolver.training.validation import Metrics

__all__ = ["AUTO", "READERS", "Options", "Trained", "choose_settings", "summary", "train"]

AUTO = "auto"
READERS = (AUTO, *TRAINABLE)
SET_ASIDE = 1 / 3
"""Part of the captchas that certifies a guarantee, if that is enough of them."""
MOST_CORES = 2
"""Cores that training is faster with, about: networks and batches are small."""

StrPath = str | os.PathLike[str]


@dataclass(frozen=True, slots=True)
class Trained:
    """What training gave: the bundle, and the images that could not be used.

    Attributes
    ----------
    bundle
        The model with its facts and measurements.
    problems
        Images that could not be read or segmented, with the reason.

    Examples
    --------
    >>> from digitsolver.bundle import DEFAULT
    >>> Trained(load_bundle(DEFAULT), problems=[]).bundle.facts.reader
    'line'
    """

    bundle: Bundle
    problems: Sequence[Problem]


def train(  # noqa: PLR0913 - keywords that a caller may leave out
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
    announce: Announce | None = None,
    tensorboard: StrPath | None = None,
    max_wrong: float | None = None,
    force: bool = False,
) -> Trained:
    """Train on a folder of captchas or of digits, and write the bundle `out`.

    Of several readers the first is kept unless another reads more of the same captchas held out
    by more than chance; the other is trained only where the first misread enough of them.
    ``watched_folder`` says where the run can be watched.

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
        Is called after each epoch or round, and after each style that a search for one tried.
    announce
        Is called with a line for people whenever another part of the work begins: what it is, and
        about how long it takes.
    tensorboard
        A folder for event files.
    max_wrong
        Set captchas aside that nothing is learned from, and certify with them the confidence at
        which at most this share of the answers is wrong; see ``measure.guarantee``. Where they
        certify none, the bundle has no guarantee.
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

    Examples
    --------
    >>> from dataclasses import replace
    >>> from tempfile import TemporaryDirectory
    >>> options = Options(architecture="lenet", epochs=1)
    >>> (settings,) = choose_settings("captchas/plain", "digits", options)
    >>> quick = [replace(settings, min_steps=1)]  # too short to learn anything
    >>> with TemporaryDirectory() as folder:
    ...     out = f"{folder}/model"
    ...     trained = train("captchas/plain", "scattered", out, settings=quick, labels=20)
    ...     summary(trained).splitlines()[1]
    'reader          digits'
    >>> trained.bundle.facts.counts["captchas"]
    20
    """
    chosen = list(choose_settings(source) if settings is None else settings)
    if unlabelled is not None:
        chosen = [one for one in chosen if one.takes_unlabelled]
        if not chosen:
            raise ValueError("unlabelled: expected a reader that learns from unlabelled images")
    origin = origin_of(f"generated: {chosen[0].look}" if source is None else Path(source))
    if not force:
        _check_same_origin(Path(out), origin)
    say = announce or (lambda line: None)
    with _folder(source, chosen[0], labels) as folder:
        require_training()
        data = read_training_data(
            folder,
            style,
            alphabet=chosen[0].alphabet,
            seed=chosen[0].seed,
            labels=None if source is None else labels,
            labels_from=labels_from,
            unlabelled=None if unlabelled is None else Path(unlabelled),
        )
        data, aside = _set_aside(data, max_wrong, chosen[0].seed)
        say(_plan(data, chosen))
        default = _prepared(chosen[0], data, None, say, progress)
        challengers: list[Trainer] = []
        challenge, reason = _challenge(default, chosen[1:], data, say, progress, challengers)
        bundle = train_bundle(
            default,
            out,
            challenge=challenge,
            not_challenged=reason,
            resume=resume,
            progress=progress,
            announce=say,
            tensorboard=None if tensorboard is None else Path(tensorboard),
            extra=before_training(default.held_out),
            origin=origin,
        )
        if max_wrong is not None:
            bundle = _certified(bundle, aside, max_wrong, say)
    kept = (one for one in challengers if one.settings.reader == bundle.facts.reader)
    return Trained(bundle, [*default.problems, *(line for one in kept for line in one.problems)])


@contextmanager
def _folder(source: StrPath | None, settings: Settings, labels: int | None) -> Iterator[Path]:
    """Lend the folder to learn from, of generated captchas where there is no `source`."""
    if source is not None:
        yield Path(source)
        return
    if not settings.look:
        raise ValueError("source: expected a folder, or settings with a look, found none")
    count = SOURCE if labels is None else labels
    with generated_folder(settings.look, settings.seed, count, settings.alphabet) as folder:
        yield folder


def _set_aside(
    data: TrainingData, max_wrong: float | None, seed: int
) -> tuple[TrainingData, list[Sample]]:
    """Divide the captchas into those to learn from, and those that certify `max_wrong`.

    A third of them certify, but at least so many that one of them may be wrong. Raises FolderError
    when that leaves fewer to learn from, or there is a digits folder.
    """
    if max_wrong is None:
        return data, []
    least = needed_images(1, max_wrong)
    if data.digits_folder is not None or len(data.samples) < 2 * least:
        found = "digits" if data.digits_folder else f"{len(data.samples)}"
        raise FolderError(
            f"--max-wrong {max_wrong:.3g}: expected {2 * least} labelled captchas or more, half of "
            f"them to learn from, found {found}",
            data.digits_folder,
        )
    share = max(least / len(data.samples), SET_ASIDE)
    rest, aside = datasets.split(data.samples, share, seed)
    return data.only(rest, keep_problems=True), aside


def _certified(bundle: Bundle, aside: Sequence[Sample], max_wrong: float, say: Announce) -> Bundle:
    """Return the bundle with the guarantee that the captchas set `aside` certify."""
    solved = evaluate(solver.Solver(bundle), aside)
    guarantee = certify(solved.confidences, solved.right, max_wrong, images=solved.images)
    if guarantee is None:
        say(
            f"--max-wrong {max_wrong:.3g}: captchas set aside: {shortfall(solved.right, max_wrong)}"
        )
        return bundle
    add_guarantee(bundle.path, guarantee)
    say(f"guarantee: {guarantee}")
    return load_bundle(bundle.path)


def _plan(data: TrainingData, chosen: Sequence[Settings]) -> str:
    """Return what is going to be done, as a line for people."""
    what = "a digits folder" if data.digits_folder else f"{len(data.samples)} labelled captchas"
    first, *others = (f"the reader {one.reader}" for one in chosen)
    then = "".join(f"; then {other} too, if it can still read more of them" for other in others)
    return f"training {first} on {what}{then}"


def _prepared(
    settings: Settings,
    data: TrainingData,
    held_out: Sequence[Sample] | None,
    say: Announce,
    progress: Progress | None,
) -> Trainer:
    """Return the trainer of one reader, and say how long it will take."""
    if settings.takes_style and data.style == AUTO and data.digits_folder is None:
        say(f"reader {settings.reader}: searching for the settings of the stages")

    def report(done: int, total: int, text: str) -> None:
        """Pass on how many styles were tried."""
        if progress:
            progress(done, total, f"reader {settings.reader}: styles tried")

    trainer = prepare(settings, data, held_out, report)
    cores = min(usable_cores(), MOST_CORES)
    say(f"reader {settings.reader}: training takes {about(trainer.seconds / cores)} at most")
    return trainer


def about(seconds: float) -> str:
    """Return a duration as people say it, with one digit.

    >>> about(20), about(95), about(5000)
    ('about a minute', 'about 2 minutes', 'about 1.4 hours')
    """
    minutes = max(1, round(seconds / 60))
    if minutes >= 90 or seconds >= 4800:
        return f"about {seconds / 3600:.1f} hours"
    return "about a minute" if minutes == 1 else f"about {minutes} minutes"


def _check_same_origin(out: Path, origin: str) -> None:
    """Raise FolderError for a bundle that was trained on other captchas."""
    if not bundles.is_bundle(out):
        return
    try:
        found = bundles.load(out).metrics().get(bundles.ORIGIN)
    except BundleError:
        found = None
    if found != origin:
        raise FolderError(
            "expected a new folder, or a model of the same captchas, found one of others; "
            "--force replaces it",
            out,
        )


def _challenge(
    default: Trainer,
    others: Sequence[Settings],
    data: TrainingData,
    say: Announce,
    progress: Progress | None,
    challengers: list[Trainer],
) -> tuple[Challenge | None, str | None]:
    """Return the reader that may replace the default one, or why there is none.

    Its trainer, where it is prepared, is added to `challengers`.
    """
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

    def prepare_challenger() -> Trainer:
        """Return the trainer of the other reader, and remember it."""
        only = data.only(default.samples)
        challengers.append(_prepared(settings, only, held_out, say, progress))
        return challengers[-1]

    return Challenge(settings, data.style, prepare_challenger), None


def before_training(held_out: Sequence[Sample]) -> Metrics:
    """Return how the default model reads the captchas held out, for ``metrics.json``.

    Nothing where there are none, where they have other characters than it knows, and in a
    checkout without a default model.
    """
    labels = [sample.label or "" for sample in held_out]
    if not labels or not is_bundle(DEFAULT) or not set("".join(labels)) <= set(DIGITS):
        return {}
    lengths = {len(label) for label in labels}
    length = lengths.pop() if len(lengths) == 1 else None
    readings = solver.load().solve_many((sample.read() for sample in held_out), length=length)
    right = sum(
        isinstance(one, Reading) and one.text == label
        for one, label in zip(readings, labels, strict=True)
    )
    return {
        "before": {
            "model": "default model",
            "captchas": len(labels),
            "right": right,
            "captcha_accuracy": right / len(labels),
            "captcha_interval": list(wilson(right, len(labels))),
        }
    }


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
    LookError
        The look to generate is a file, and that is wrong.

    Examples
    --------
    >>> [settings.reader for settings in choose_settings("captchas/plain")]
    ['line', 'digits']
    >>> choose_settings("captchas/plain", options=Options(architecture="lenet"))[0].reader
    'digits'
    """
    options = options or Options()
    if reader not in READERS:
        raise ValueError(f"reader: expected one of {', '.join(READERS)}; found {reader!r}")
    if options.generate is not None:
        look = check_look(options.generate, options.alphabet)
        options = replace(options, generate=look)
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
    """Return what training gave as lines for people, warnings last.

    Parameters
    ----------
    trained
        What `train` returned.

    Returns
    -------
    str
        The facts of the bundle, then how long it took and how well it reads.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> metrics = {"captchas": 50, "seconds": 120.0, "warnings": ["few captchas"]}
    >>> bundle = SimpleNamespace(table=lambda: "reader  line", metrics=lambda: metrics)
    >>> print(summary(Trained(bundle, problems=[])))
    reader  line
    trained on 50 captchas in 120 s
    note: few captchas
    """
    metrics = trained.bundle.metrics()
    warnings = [f"note: {line}" for line in metrics["warnings"]]
    lines = [f"trained on {metrics['captchas']} captchas in {metrics['seconds']:.0f} s"]
    if metrics.get("unlabelled"):
        lines.append(_self_training_line(metrics["unlabelled"]))
    if "before" in metrics:
        lines.append(_before_and_after(metrics["before"], metrics["validation"]))
    if "comparison" in metrics:
        lines.append(comparison_table(metrics["comparison"]))
    return "\n".join([trained.bundle.table(), *lines, *warnings])


def _before_and_after(before: JsonObject, after: JsonObject) -> str:
    """Say how many of the captchas held out are read before training and after it."""
    lines = [f"of the {before['captchas']} captchas held out, read without an error:"]
    for name, figures in (("before, the default model", before), ("after training", after)):
        low, high = figures["captcha_interval"]
        share = f"{figures['captcha_accuracy']:>7.2%}  (95 % interval {low:.2%} to {high:.2%})"
        lines.append(f"  {name:<25}  {share}")
    return "\n".join(lines)


def _self_training_line(figures: JsonObject) -> str:
    """Say what the images without labels brought."""
    start = f"unlabelled: {figures['kept']} of {figures['images']} images got a pseudo-label"
    if not figures["kept"]:
        return f"{start}: nothing to learn from"
    loss = f"{figures['loss_before']:.3g} -> {figures['loss_after']:.3g}"
    if figures["used"]:
        return f"{start} and were learned from; loss on the validation set {loss}"
    return f"{start}; loss on the validation set {loss}: they made it worse, and were dropped"
