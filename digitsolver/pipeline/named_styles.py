"""The styles that have a name."""

from digitsolver.pipeline.style import Style

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
    )
}
"""The named styles, those that take least away first. `tune.choose` starts from them."""
