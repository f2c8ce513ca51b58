"""Generate the samples of the page of `digitsolver serve`, each with a style that fits its look.

The look's style is what ``auto`` finds on captchas of the same look, of which the sample is one.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict
from pathlib import Path

from collector.dataset import generate as generating
from collector.draw import LOOKS
from digitsolver import tune
from digitsolver.datasets import read_captchas
from digitsolver.io.files import write_bytes, write_text

OUT = Path(__file__).resolve().parents[1] / "digitsolver" / "serve" / "static" / "samples"
SEED = 8
MEASURED = 40
"""Captchas that the style of a look is found on."""
SAMPLES = {"plain": 0, "speckle": 0, "lines": 0, "seven-segment": 0, "handwritten": 0}
"""Which captcha of each look the page offers."""


def main() -> None:
    """Run the script."""
    listed = []
    for look, index in SAMPLES.items():
        with tempfile.TemporaryDirectory() as folder:
            for _ in generating.generate(look, MEASURED, Path(folder) / look, SEED):
                pass
            captchas, _ = read_captchas(Path(folder) / look)
            style = asdict(tune.resolve("auto", captchas)) | {"name": look}
            chosen = captchas[index]
            name = f"{look}{chosen.path.suffix}"
            write_bytes(OUT / name, chosen.path.read_bytes())
        about = LOOKS[look].about
        listed.append({"file": name, "about": about, "text": chosen.label, "style": style})
        print(f"{name}: {chosen.label}, {style}")
    write_text(OUT / "samples.json", json.dumps(listed, indent=1) + "\n")
    for path in OUT.iterdir():  # a look may have become a JPEG
        if path.name not in {"samples.json", *(one["file"] for one in listed)}:
            path.unlink()


if __name__ == "__main__":
    main()
