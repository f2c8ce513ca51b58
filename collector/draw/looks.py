"""The named looks. To add one, write an entry here and its test."""

from __future__ import annotations

from collector.draw.look import (
    Background,
    Colours,
    Digits,
    Effects,
    Finish,
    Layer,
    Look,
    Page,
    Range,
    fixed,
)

TRANSLUCENT = Range(0.4, 1.0, low_end=0.5)
"""Opacity of clutter that is sometimes translucent."""

HAND_WOBBLE = Range(0.06, 0.35, 0.4)
"""Wobble of a line as if drawn by hand, in stroke widths."""

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

MIXED = Look(
    name="mixed",
    about="all that there is: any length, face, colour, clutter, size and finish",
    lengths=(3, 8),
    page=Page(Range(26, 100, low_end=1.4), None, Range(0.05, 2.0, low_end=2.5)),
    digits=Digits(
        one_face=0.7,
        related=0.4,
        height=Range(0.22, 0.95),
        scale=Range(0.03, 0.3, 0.5),
        stretch=Range(0.7, 1.35),
        rotation=Range(2.0, 30.0, 0.55),
        lean=Range(-0.3, 0.45, 0.3),
        shear=Range(0.05, 0.35, 0.3),
        gap=Range(-0.15, 0.5),
        uneven=Range(0.1, 0.8, 0.35),
        cells=0.3,
        jump=Range(0.03, 0.45, 0.45),
        slope=Range(-10.0, 10.0, 0.2),
        clip=Range(0.03, 0.25, 0.2),
        crisp=0.35,
        weight=Range(-0.5, 0.8, 0.3),
    ),
    effects=Effects(
        warp=Range(0.02, 0.13, 0.35),
        perspective=Range(0.05, 0.2, 0.1),
        hollow=0.1,
        halo=Range(0.6, 2.4, 0.15),
        shadow=Range(0.04, 0.18, 0.15),
        opacity=Range(0.6, 1.0, 0.2),
        fade=0.12,
    ),
    colours=Colours(
        schemes=(
            ("black", 2.0),
            ("white", 1.0),
            ("grey", 1.0),
            ("pastel", 2.5),
            ("night", 1.5),
            ("vivid", 2.0),
            ("equal", 0.8),
        ),
        each=0.35,
        contrast=Range(110, 280),
    ),
    background=Background(
        gradient=Range(10, 80, 0.2),
        clouds=Range(5, 40, 0.15),
        grain=Range(4, 35, 0.15),
        weave=Range(4, 30, 0.08),
    ),
    layers=(
        Layer("speckle", 1.4, Range(1, 20), Range(0.1, 0.6), ("ink",), 0.8),
        Layer("speckle", 0.8, Range(1, 16), Range(0.1, 0.6), ("edge", "background", "ink"), 0.8),
        Layer("speckle", 3.6, Range(2, 30), fixed(0.01), ("ink", "background"), 1.0),
        Layer("speckle", 1.0, Range(2, 24), fixed(0.01), ("ink",), 0.8),
        Layer("confetti", 0.7, Range(1, 12), fixed(0.1), ("any",), 0.6),
        Layer("dots", 0.8, Range(1, 12), Range(0.3, 1.4), ("any", "tint"), 0.5, TRANSLUCENT),
        Layer("dots", 0.5, Range(1, 8), Range(0.3, 1.0), ("ink",), 0.8),
        Layer(
            "dots", 0.8, Range(3, 25), Range(0.6, 2.5), ("any", "background"), 1.0, Range(0.3, 0.7)
        ),
        Layer("dots", 0.4, Range(1, 10), Range(0.3, 1.0), ("background",), 1.0),
        Layer("rings", 0.8, Range(1, 8), Range(0.2, 0.9), ("any", "ink", "near"), 0.6, TRANSLUCENT),
        Layer("dashes", 0.8, Range(1, 9), Range(0.2, 0.8), ("any", "ink", "near"), 0.6),
        Layer("lines", 1.8, Range(1, 7, low_end=1.5), Range(0.2, 1.1), ("ink",), 0.8),
        Layer(
            "lines",
            1.0,
            Range(1, 10, low_end=1.5),
            Range(0.2, 1.3),
            ("any", "near"),
            0.6,
            TRANSLUCENT,
        ),
        Layer("lines", 0.4, Range(1, 4), Range(0.2, 0.6), ("background",), 1.0),
        Layer("curves", 1.4, Range(1, 4, low_end=1.5), Range(0.3, 1.1), ("ink",), 0.8, through=0.2),
        Layer(
            "curves",
            1.0,
            Range(1, 6, low_end=1.5),
            Range(0.3, 1.3),
            ("any", "near"),
            0.6,
            TRANSLUCENT,
        ),
        Layer("curves", 0.3, Range(1, 3), Range(0.3, 0.7), ("background",), 1.0),
        Layer("lines", 3.2, Range(1, 3), Range(0.8, 1.05), ("ink",), 1.0, through=0.8),
        Layer("lines", 1.8, Range(4, 8), Range(0.15, 0.45), ("ink",), 1.0, through=0.7),
        Layer(
            "curves",
            4.2,
            Range(1, 2),
            Range(0.8, 1.05),
            ("ink",),
            1.0,
            through=0.8,
            wobble=HAND_WOBBLE,
        ),
        Layer(
            "curves",
            0.8,
            Range(1, 4),
            Range(0.3, 0.8),
            ("ink",),
            1.0,
            through=0.5,
            wobble=HAND_WOBBLE,
        ),
        Layer("bars", 2.6, Range(1, 4), Range(0.6, 1.1), ("ink", "any", "near"), 0.7, through=0.4),
        Layer("grid", 1.8, Range(4, 14), Range(0.1, 0.4), ("ink", "near", "grey"), 0.5),
        Layer("grid", 0.4, Range(5, 16), Range(0.1, 0.5), ("any", "tint"), 0.4),
        Layer("stripes", 0.5, Range(4, 16), Range(0.2, 0.7), ("near", "tint"), 0.3),
        Layer("stars", 0.8, Range(3, 14), Range(0.1, 0.5), ("tint", "any", "near"), 0.3),
        Layer("letters", 0.7, Range(5, 40), Range(2, 5), ("near", "tint"), 0.3),
        Layer("blobs", 0.6, Range(1, 5), fixed(1.0), ("tint", "near"), 0.0),
        Layer("blobs", 0.3, Range(1, 3), fixed(1.0), ("any",), 0.7, Range(0.2, 0.45)),
        Layer("frame", 1.0, fixed(1), Range(0.2, 0.8), ("edge", "grey", "ink"), 1.0),
        Layer("negative", 0.3, Range(1, 2), fixed(1.0), ("any",), 1.0),
    ),
    picks=(0, 3),
    finish=Finish(
        rescale=Range(0.55, 0.95, 0.08),
        blur=Range(0.4, 1.0, 0.2),
        noise=Range(3, 22, 0.15),
        soften=Range(0.1, 0.35, 0.12),
        grey=0.12,
        jpeg=Range(35, 95, 0.45),
        palette=Range(6, 48, 0.12),
        alpha=0.12,
    ),
    distinct=1.85,
)

LOOKS: dict[str, Look] = {look.name: look for look in (SPECKLE, PLAIN, LINES, MIXED)}
