"""Make the small fonts in collector/fonts from open-licensed packages.

``collector/fonts/fonts.toml`` names each family, its package and its files. For each of
them this script keeps the digits and the ASCII letters, drops hints, kerning and every
feature, gives the font a new name (some licences reserve the old one), writes it as WOFF,
and copies the licence of its package to ``collector/fonts/licences``. It writes
``collector/fonts/FONTS.md``, too. The same packages give the same bytes.

It needs ``pip install fonttools`` and the unpacked packages in one folder::

    mkdir /tmp/fonts && cd /tmp/fonts
    npm install $(python tools/subset_fonts.py --list npm)
    apt-get download $(python tools/subset_fonts.py --list deb)
    for file in *.deb; do dpkg-deb -x "$file" "deb-${file%%_*}"; done
    python tools/subset_fonts.py --packages /tmp/fonts
"""

from __future__ import annotations

import argparse
import string
import tomllib
from pathlib import Path
from typing import Any

FONTS = Path(__file__).resolve().parent.parent / "collector" / "fonts"
KEEP = string.digits + string.ascii_letters
Family = dict[str, Any]


def main() -> None:
    """Run the script."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--list", choices=("npm", "deb"), help="name the packages and stop")
    parser.add_argument("--packages", type=Path, help="the folder with the unpacked packages")
    chosen = parser.parse_args()
    families = tomllib.loads((FONTS / "fonts.toml").read_text())["family"]
    if chosen.list:
        print("\n".join(sorted({p for k, p in map(package_of, families) if k == chosen.list})))
    elif chosen.packages:
        make(families, chosen.packages)
    else:
        parser.error("give --list or --packages")


def make(families: list[Family], packages: Path) -> None:
    """Write every font, every licence, and FONTS.md."""
    (FONTS / "licences").mkdir(exist_ok=True)
    for old in [*FONTS.glob("*.woff"), *FONTS.glob("licences/*.txt")]:
        old.unlink()
    for family in families:
        folder = unpacked(family, packages)
        for weight, inside in family["faces"].items():
            target = FONTS / f"{family['prefix']}-{weight}.woff"
            subset(folder / inside, target, f"Drawn {family['prefix']}", weight)
        licence_path(family).write_text(licence_text(family, folder))
    (FONTS / "FONTS.md").write_text(table(families))


def package_of(family: Family) -> tuple[str, str]:
    """Split ``npm:@fontsource/arimo@5.3.0`` into its registry and its package."""
    registry, package = str(family["package"]).split(":", 1)
    return registry, package


def unpacked(family: Family, packages: Path) -> Path:
    """Find the folder that a family's package was unpacked to."""
    registry, package = package_of(family)
    if registry == "npm":
        return packages / "node_modules" / package.rsplit("@", 1)[0]
    return packages / f"deb-{package}"


def licence_path(family: Family) -> Path:
    """Name the licence file after the package."""
    name = package_of(family)[1].removeprefix("@fontsource/").split("@")[0]
    return FONTS / "licences" / f"{name}.txt"


def licence_text(family: Family, folder: Path) -> str:
    """Read the licence that a package brings with it."""
    registry, package = package_of(family)
    if registry == "npm":
        text = (folder / "LICENSE").read_text()
    else:
        text = (folder / "usr/share/doc" / package / "copyright").read_text()
    return "\n".join(line.rstrip() for line in text.splitlines()).strip() + "\n"


def subset(source: Path, target: Path, name: str, weight: str) -> None:
    """Keep the digits and letters of one font under a new name."""
    from fontTools import subset as tool
    from fontTools.ttLib import TTFont

    font = TTFont(source, recalcTimestamp=False)
    options = tool.Options(hinting=False, layout_features=[], glyph_names=False)
    options.drop_tables += ["GSUB", "GPOS", "GDEF", "kern", "DSIG", "FFTM", "STAT", "MATH"]
    options.notdef_outline = False
    subsetter = tool.Subsetter(options)
    subsetter.populate(text=KEEP)
    subsetter.subset(font)
    rename(font, name, weight)
    font.flavor = "woff"
    font.save(target)


def rename(font: Any, name: str, weight: str) -> None:
    """Give a font a neutral name; keep its copyright and licence notices (0, 13 and 14)."""
    table = font["name"]
    table.names = [record for record in table.names if record.nameID in (0, 13, 14)]
    full = f"{name} {weight}"
    for number, text in ((1, full), (2, "Regular"), (4, full), (6, full.replace(" ", "-"))):
        table.setName(text, number, 3, 1, 0x409)
    if "CFF " in font:
        outlines = font["CFF "].cff
        outlines.fontNames = [full.replace(" ", "-")]
        outlines.topDictIndex[0].FullName = full
        outlines.topDictIndex[0].FamilyName = full


def table(families: list[Family]) -> str:
    """Write FONTS.md: what each file is made from."""
    rows = [
        f"| `{family['prefix']}` | {family['kind']} | {family['title']} | "
        f"{', '.join(family['faces'])} | {family['licence']} | `{package_of(family)[1]}` | "
        f"[text](licences/{licence_path(family).name}) |"
        for family in families
    ]
    return "\n".join([HEAD, *rows, ""])


HEAD = """# Fonts

The collector draws with the fonts in this folder. Each is a subset (digits and ASCII
letters, no hints, no kerning) of an open-licensed font, and bears a new name, since some
licences reserve the old one. `fonts.toml` holds the table; `tools/subset_fonts.py` makes
the files from it. The licence of each lies in `licences/`, as its package ships it.

| files | kind | made from | weights (`i`: italic) | licence | package | |
|---|---|---|---|---|---|---|"""


if __name__ == "__main__":
    main()
