"""Look at each image once: what its file, its pixels and the texts beside them are."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from digitsolver.datasets import Sample
from digitsolver.datasets.near import perceptual_hash, pixel_digest
from digitsolver.errors import ImageError, printable
from digitsolver.io.images import decode_image, read_bytes
from digitsolver.io.metadata import metadata_texts


@dataclass(frozen=True, slots=True)
class Look:
    """One readable image with its label: hashes of its pixels, and the texts in its file."""

    sample: Sample
    label: str
    pixels: str
    phash: str
    texts: dict[str, str]

    @property
    def name(self) -> str:
        """Return the name of the file as one line."""
        return printable(self.sample.path.name)


def look_at(samples: Iterable[Sample]) -> list[Look]:
    """Return what the images of labelled samples are; those that cannot be read are left out."""
    looks = []
    for sample in samples:
        try:
            data = read_bytes(sample.path)
            pixels = decode_image(data, sample.path)
        except ImageError:
            continue
        label = sample.label or ""
        texts = metadata_texts(data)
        looks.append(Look(sample, label, pixel_digest(pixels), perceptual_hash(pixels), texts))
    return [look for look in looks if look.label]


def different(looks: Sequence[Look]) -> list[Look]:
    """Return the first image of each that has the same pixels."""
    return list({look.pixels: look for look in reversed(looks)}.values())[::-1]
