"""What the lab shows: the settings that a style has, and the stages of an image for a style."""

import ast
import inspect
import json
from collections.abc import Iterator
from dataclasses import asdict, fields, replace
from functools import cache
from itertools import pairwise
from typing import Literal, get_args, get_type_hints

from pydantic import JsonValue

from digitsolver.errors import StyleError
from digitsolver.io.images import data_url
from digitsolver.pipeline.named_styles import STYLES
from digitsolver.pipeline.style import (
    RANGES,
    Style,
    choices_of,
    format_style,
    parse_style,
    style_of,
)
from digitsolver.serve.answers import Shape
from digitsolver.stages import CLEANERS, PITCH, SEGMENTERS
from digitsolver.stages.clean import usual_stroke
from digitsolver.visualize import draw_strip
from digitsolver.visualize.canvas import SHARP
from digitsolver.visualize.ideas import segment_idea, step_idea
from digitsolver.visualize.listing import Stage, list_stages, view_stages
from digitsolver.visualize.view import View

MOST_IN_CROP = 2**16
"""Largest crop, in values: as many digits as an image may have fit into memory together."""

STAGE_OF = {
    **dict.fromkeys(("projection", "polarity", "cleaners", "stroke"), 1),
    **dict.fromkeys(("segmenter", "length", "lengths", "pitch"), 3),
    **dict.fromkeys(("rows", "window_height", "window_width"), 4),
    **dict.fromkeys(("crop_height", "crop_width", "channels", "cropped"), 4),
}
"""The stage beside which the page shows a setting; one that is missing here stands above all."""

Kind = Literal["text", "choice", "list", "whole", "number", "two"]
StyleTable = dict[str, JsonValue]
"""The settings of a style, as JSON has them."""


class SettingShape(Shape):
    """A setting of a style: what it means, and which values it may have."""

    name: str
    stage: int
    """The stage that it belongs to; 0 for the style as a whole."""
    help: str
    kind: Kind
    choices: list[str | int]
    """In the order of the style's own lists; empty where any value is allowed."""
    ideas: dict[str, str]
    """What some of the choices do."""
    least: float | None
    most: float | None
    measured: bool
    """Whether it may be null, and is measured then."""


class StylesShape(Shape):
    """The settings that styles have, and the styles with a name."""

    settings: list[SettingShape]
    styles: dict[str, StyleTable]


class StageImageShape(Shape):
    """An image of a stage: what it shows, and a PNG file as a data URL."""

    shows: str
    image: str


class StageShape(Shape):
    """A stage, or a step of stage 1, in the order in which they run."""

    number: int
    name: str
    title: str
    sentence: str
    source: str
    note: str
    images: list[StageImageShape]


class TraceShape(Shape):
    """The stages of one image for one style."""

    style: StyleTable
    toml: str
    """The style as a file for `digitsolver visualize --style`, with the stroke and the window that
    were measured, so that it gives the same images."""
    measured: dict[str, float]
    """What was taken for settings that are null."""
    problem: str | None
    """Why stages are missing."""
    stages: list[StageShape]
    strip: str | None
    """All stages side by side, a PNG file as a data URL, where it is asked for."""


def styles_answer() -> StylesShape:
    """Return the settings of styles, from the dataclass itself, and the styles with a name."""
    return StylesShape(
        settings=list(_settings()),
        styles={name: style_table(style) for name, style in STYLES.items()},
    )


def style_from(text: str) -> Style:
    """Return the style that a request names: a named one, or one as TOML or as a JSON object.

    Raises
    ------
    StyleError
        It is none of these.

    Examples
    --------
    >>> style_from("speckle").cleaners, style_from('{"stroke": 3}').stroke
    (('speckles',), 3)
    >>> style_from('rows = "digit"').rows
    'digit'
    """
    if text in STYLES:
        return STYLES[text]
    if not text.lstrip().startswith("{"):
        return parse_style(text)
    try:
        table = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise StyleError(f"expected a style as JSON: {error}") from None
    return style_of(table)


def trace_answer(
    image: bytes, style: Style, *, length: int | None = None, strip: bool = False
) -> TraceShape:
    """Return the stages of an image for a style.

    Parameters
    ----------
    image
        The bytes of a file.
    style
        The settings of the stages.
    length
        Number of digits, by default the style's, or as many as are estimated.
    strip
        Whether to draw the strip of all stages, too.

    Raises
    ------
    ImageError
        The image cannot be read.
    StyleError
        Its crops are larger than a service cuts.
    """
    values = style.crop_height * style.crop_width * style.channels
    if values > MOST_IN_CROP:
        raise StyleError(
            f"expected crops of at most {MOST_IN_CROP:,} values, found "
            f"{style.crop_height} x {style.crop_width} x {style.channels}"
        )
    view = view_stages(image, style, length=length)
    return TraceShape(
        style=style_table(style),
        toml=format_style(_settled(style, view)),
        measured=_measured(view),
        problem=view.problem,
        stages=[_stage(stage) for stage in list_stages(view)],
        strip=data_url(draw_strip(view, scale=SHARP)) if strip else None,
    )


def style_table(style: Style) -> StyleTable:
    """Return the settings of a style as JSON has them."""
    table: StyleTable = json.loads(json.dumps(asdict(style)))
    return table


def _stage(stage: Stage) -> StageShape:
    images = [StageImageShape(shows=one.shows, image=data_url(one.png)) for one in stage.images]
    return StageShape(
        number=stage.number,
        name=stage.name,
        title=stage.title,
        sentence=stage.idea.sentence,
        source=stage.idea.source,
        note=stage.note,
        images=images,
    )


def _measured(view: View) -> dict[str, float]:
    """Return what the stages take for settings that are None."""
    found: dict[str, float] = {"stroke": usual_stroke(view.original.shape), "pitch": PITCH}
    if view.trace is not None:
        height, width = view.trace.window
        length = len(view.trace.crops)
        found |= {"length": length, "window_height": height, "window_width": width}
    return found


def _settled(style: Style, view: View) -> Style:
    """Return a style that leaves no stroke and no window to be measured again."""
    height, width = view.trace.window if view.trace else (None, None)
    return replace(
        style,
        stroke=style.stroke or usual_stroke(view.original.shape),
        window_height=style.window_height or height,
        window_width=style.window_width or width,
    )


def _settings() -> Iterator[SettingShape]:
    hints, helps = get_type_hints(Style), _field_docs()
    for field in fields(Style):
        least, most = RANGES.get(field.name, (None, None))
        yield SettingShape(
            name=field.name,
            stage=STAGE_OF.get(field.name, 0),
            help=helps.get(field.name, ""),
            kind=_kind(field.name, hints[field.name]),
            choices=[one for one in choices_of(field.name) if isinstance(one, str | int)],
            ideas=_ideas(field.name),
            least=least,
            most=most,
            measured=field.default is None,
        )


def _kind(name: str, hint: object) -> Kind:
    """Return how a setting is shown, from its type."""
    allowed = get_args(hint) if type(None) in get_args(hint) else (hint,)
    if tuple[str, ...] in allowed:
        return "list"
    if choices_of(name):
        return "choice"
    if tuple[int, int] in allowed:
        return "two"
    return "number" if float in allowed else "whole" if int in allowed else "text"


def _ideas(name: str) -> dict[str, str]:
    """Return what the choices of a setting do, where a sentence says so."""
    if name == "cleaners":
        return {one: step_idea(one).sentence for one in CLEANERS}
    if name == "segmenter":
        return {one: segment_idea(one).sentence for one in SEGMENTERS}
    return {}


@cache
def _field_docs() -> dict[str, str]:
    """Return the first paragraph of the docstring of each field of `Style`, from its source."""
    (node,) = ast.parse(inspect.getsource(Style)).body
    if not isinstance(node, ast.ClassDef):
        raise TypeError(f"expected the source of a class, found {type(node).__name__}")
    docs = {}
    for field, below in pairwise(node.body):
        match field, below:
            case (
                ast.AnnAssign(target=ast.Name(id=name)),
                ast.Expr(value=ast.Constant(value=str(text))),
            ):
                docs[name] = " ".join(text.partition("\n\n")[0].split()).replace("``", "")
    return docs
