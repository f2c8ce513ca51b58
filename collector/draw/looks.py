"""The named looks. To add one, write an entry here and its test."""

from __future__ import annotations

from dataclasses import replace

from collector.draw.axes import AXES, HANDWRITTEN, METER, SEVEN_SEGMENT
from collector.draw.base import BASE
from collector.draw.look import Colours, Digits, Effects, Finish, Layer, Look, Page, Range, fixed

SPECKLE = Look(
    name="speckle",
    about="six dark digits in salt-and-pepper noise as dark as they are, or on a dotted grid",
    lengths=(6, 6),
    page=Page(fixed(52), fixed(160), margin=Range(0.2, 0.8), squeeze=Range(0.1, 0.9)),
    digits=Digits(
        kinds=("sans",),
        one_face=1.0,
        height=Range(0.36, 0.5),
        stretch=Range(0.9, 1.1),
        gap=Range(0.0, 0.12),
        cells=0.5,
        crisp=0.5,
    ),
    colours=Colours(schemes=(("black", 1.0),), contrast=Range(240, 380)),
    layers=(
        Layer("speckle", 0.5, Range(8, 17), fixed(0.1), ("ink",), over=1.0),
        Layer("grid", 0.5, Range(5, 9), fixed(0.1), ("ink",), over=0.5, broken=1.0),
    ),
    picks=(1, 1),
    finish=Finish(jpeg=Range(75, 90)),
)

PLAIN = Look(
    name="plain",
    about="four clean digits, bold and italic mixed, at changing places",
    lengths=(4, 4),
    page=Page(fixed(40), fixed(140), margin=Range(0.1, 1.5), squeeze=Range(0.1, 0.9)),
    digits=Digits(
        kinds=("sans", "serif"),
        one_face=0.0,
        related=1.0,
        height=Range(0.4, 0.6),
        gap=Range(0.1, 0.9),
        uneven=Range(0.0, 0.3),
        jump=Range(0.0, 0.2),
    ),
    colours=Colours(schemes=(("black", 1.0),), contrast=Range(300, 400)),
)

LINES = Look(
    name="lines",
    about="five coloured digits with lines and curves up to the width of their strokes",
    lengths=(5, 5),
    page=Page(fixed(50), fixed(150), margin=Range(0.2, 0.6), squeeze=Range(0.1, 0.9)),
    digits=Digits(
        kinds=("sans", "serif", "slab", "rounded"),
        height=Range(0.48, 0.7),
        scale=Range(0.0, 0.12),
        rotation=Range(0.0, 18.0),
        gap=Range(0.0, 0.25),
        jump=Range(0.0, 0.15),
        crisp=0.2,
    ),
    effects=Effects(warp=Range(0.02, 0.06, 0.4)),
    colours=Colours(schemes=(("pastel", 1.0), ("night", 1.0)), each=0.4, contrast=Range(150, 260)),
    layers=(
        Layer("curves", 1.0, fixed(1), Range(0.15, 0.45), ("ink",)),
        Layer("lines", 1.0, Range(1, 2), Range(0.15, 0.45), ("ink",)),
        Layer("curves", 0.5, Range(1, 2), Range(0.15, 0.4), ("any",), 0.3),
        Layer("lines", 0.5, Range(1, 2), Range(0.15, 0.4), ("any",), 0.3),
    ),
    picks=(1, 2),
    finish=Finish(jpeg=Range(80, 95, 0.5)),
)

MIXED = replace(BASE, axes=AXES, alike=0.3)

LOOKS: dict[str, Look] = {
    look.name: look for look in (SPECKLE, PLAIN, LINES, MIXED, SEVEN_SEGMENT, HANDWRITTEN, METER)
}

_MORE_HANDS = replace(
    HANDWRITTEN,
    digits=replace(
        HANDWRITTEN.digits,
        sources=(("hand", 0.35), ("scans", 0.22), ("mnist", 0.36), ("fonts", 0.07)),
    ),
)
TAUGHT = replace(
    MIXED,
    name="taught",
    about="what the default model learns: mixed, with more displays and more handwriting",
    axes=tuple(
        {
            HANDWRITTEN.name: (_MORE_HANDS, 0.18),
            SEVEN_SEGMENT.name: (SEVEN_SEGMENT, 0.15),
        }.get(axis.name, (axis, share))
        for axis, share in AXES
    ),
)

UNLISTED: dict[str, Look] = {
    TAUGHT.name: TAUGHT,
    **{axis.name: axis for axis, _ in AXES},
    **{
        f"{MIXED.name}-without-{axis.name}": replace(
            MIXED, axes=tuple(other for other in AXES if other[0] is not axis)
        )
        for axis, _ in AXES
    },
}
"""Looks for the work on the default model: what it learns, each axis alone, and `mixed` without."""
