"""Look at each image once: what its file, its pixels and the texts beside them are.

Everything that an audit concludes from images without reading them comes from here, so that each is
decoded once, one after the other, and only figures and texts of it are kept.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from digitsolver.audit.traits import Traits, traits_of
from digitsolver.datasets import Problem, Sample
from digitsolver.datasets.near import perceptual_hash, pixel_digest
from digitsolver.errors import ImageError, printable
from digitsolver.io.images import decode_image, read_bytes
from digitsolver.io.metadata import metadata_texts
from digitsolver.io.working_size import to_working_size

MOST_TRAITS = 200
"""Captchas whose traits are measured, the first ones."""


@dataclass(frozen=True, slots=True)
class Look:
    """One readable image with its label: hashes of its pixels, the texts in its file, its traits.

    ``traits`` are None where enough others have them.
    """

    sample: Sample
    label: str
    pixels: str
    phash: str
    texts: dict[str, str]
    traits: Traits | None = None

    @property
    def name(self) -> str:
        """Return the name of the file as one line."""
        return printable(self.sample.path.name)


@dataclass(frozen=True, slots=True)
class Looked:
    """The labelled images of a folder that can be read, and what is wrong with others."""

    looks: Sequence[Look]
    problems: Sequence[Problem]

    @property
    def traits(self) -> list[Traits]:
        """Return the traits of those that were measured."""
        return [look.traits for look in self.looks if look.traits]


def look_at(samples: Iterable[Sample]) -> Looked:
    """Return what the images of labelled samples are; those without a label are left out."""
    looks: list[Look] = []
    problems: list[Problem] = []
    for sample in samples:
        if not sample.label:
            continue
        try:
            looks.append(_look(sample, sample.label, with_traits=len(looks) < MOST_TRAITS))
        except ImageError as error:
            problems.append(Problem.of(sample.path, error))
    return Looked(looks, problems)


def _look(sample: Sample, label: str, *, with_traits: bool) -> Look:
    data = read_bytes(sample.path)
    pixels = decode_image(data, sample.path)
    traits = traits_of(to_working_size(pixels), len(label)) if with_traits else None
    texts = metadata_texts(data)
    return Look(sample, label, pixel_digest(pixels), perceptual_hash(pixels), texts, traits)


def different(looks: Sequence[Look]) -> list[Look]:
    """Return the first image of each that has the same pixels."""
    return list({look.pixels: look for look in reversed(looks)}.values())[::-1]
