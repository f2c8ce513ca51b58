"""Read a folder of captchas: which images there are, and what they say."""

from digitsolver.datasets.folder_labels import (
    FolderLabels,
    LabelsFrom,
    name_labels,
    read_folder_labels,
    without_label,
)
from digitsolver.datasets.names import AUTO
from digitsolver.datasets.samples import Problem, Sample
from digitsolver.errors import FolderError
from digitsolver.io.files import StrPath


def read_captchas(
    folder: StrPath,
    *,
    labelled: bool = True,
    labels_from: LabelsFrom = AUTO,
    alphabet: str = "",
) -> tuple[list[Sample], list[Problem]]:
    """List the captchas of a flat folder; images are not decoded.

    Labels come from ``metadata.csv`` (`tables`) where it names the file, otherwise from the file
    name, by the convention that fits the folder (`names`). Hidden files, and files of the kinds
    that people keep beside images, are skipped.

    Parameters
    ----------
    folder
        The folder.
    labelled
        Leave out images without a label, and list them as problems.
    labels_from
        ``auto``; ``table``, ``names``, ``none`` or a pattern of names, where only that counts; or
        the labels of the folder that were found already.
    alphabet
        Characters that labels have, where some are no letters and digits.

    Returns
    -------
    samples : list of Sample
        Sorted by name.
    problems : list of Problem

    Raises
    ------
    FolderError
        No such folder, no image in it, or not one label; ``metadata.csv`` is not a table of
        labels.
    UnclearLabelsError
        The names may have labels in two places, or none; a spreadsheet may have taken zeros from
        the labels of the table.
    ValueError
        `labels_from` is none of these.

    Examples
    --------
    >>> samples, problems = read_captchas("captchas/plain")
    >>> len(samples), samples[0].label, problems
    (200, '2593', [])
    """
    if isinstance(labels_from, FolderLabels):
        found = labels_from
    else:
        found = name_labels(read_folder_labels(folder, labels_from), labels_from, alphabet)
    problems = list(found.problems)
    samples = []
    for name in found.names:
        path = found.folder / name
        label = found.label(name)
        if label is None and labelled and name not in found.texts:
            problems.append(Problem(path, without_label(path, found.named.pattern)))
        if label or not labelled:
            samples.append(Sample(path, label))
    if not samples:
        raise FolderError(
            f"expected images with labels, found none among {len(found.names)} "
            f"files; the first: {problems[0]}",
            found.folder,
        )
    return samples, problems
