"""The styles that have a name."""

from pathlib import Path

from digitsolver.errors import StyleError
from digitsolver.pipeline.style import Style, load_style

STYLES: dict[str, Style] = {
    style.name: style
    for style in (
        Style(name="plain", cleaners=("frame",)),
        Style(name="scattered", cleaners=("frame", "specks"), rows="digit"),
        Style(name="speckle", cleaners=("speckles",)),
        Style(
            name="colour", projection="ground", cleaners=("frame", "pale", "specks"), rows="digit"
        ),
        Style(
            name="lines",
            projection="ground",
            cleaners=("frame", "lines", "specks"),
            cropped="levels",
        ),
        Style(name="across", projection="ink", cleaners=("frame", "curves"), rows="digit"),
        Style(name="shaded", cleaners=("uneven_light", "frame"), rows="digit"),
    )
}
"""The named styles, those that remove the least first. `tune.choose` starts from them."""


def get_style(name: str) -> Style:
    """Return a named style, or load one from a TOML file.

    Parameters
    ----------
    name
        A key of `STYLES`, or the path of a ``.toml`` file.

    Raises
    ------
    StyleError
        There is neither, or the file is not valid.

    Examples
    --------
    >>> get_style("speckle").cleaners
    ('speckles',)
    """
    if name in STYLES:
        return STYLES[name]
    if name.endswith(".toml") or Path(name).is_file():
        return load_style(name)
    raise StyleError(f"style {name!r}: expected auto, {', '.join(STYLES)}, or a .toml file")
