"""The axes of the look ``mixed``: what it varies beyond its base, each with its share of images.

An axis is a look of its own. Those that a reader may want alone are named looks as well.
"""

from __future__ import annotations

from dataclasses import replace

from collector.draw.base import BASE, HAND_WOBBLE, TRANSLUCENT
from collector.draw.look import (
    NEVER,
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

WHOLE_KINDS = ("sans", "serif", "slab", "rounded", "condensed", "hand")
"""Kinds of typefaces whose digits stay readable where they overlap."""
STROKE_KINDS = (*WHOLE_KINDS, "mono", "display", "typewriter")
"""Kinds of typefaces with whole strokes."""
SHORT = (3.0, 3.0, 2.0, 2.0, 2.0, 1.6, 1.2, 1.2, *(0.3,) * 8)
"""How often 1 to 16 digits are generated where single digits are usual."""
MIDDLING = (1.0, 1.2, 1.6, 1.6, 1.6, 1.6, 1.2, 1.0, *(0.25,) * 8)
"""How often 1 to 16 digits are generated elsewhere."""
DISPLAYED = (2.0, 1.6, 1.6, 1.8, 1.9, 1.9, 1.7, 1.3, *(0.1,) * 8)
"""How often 1 to 16 digits are generated on displays."""
TOUCHING = (1.4, 1.4, 1.6, 1.8, 1.8, 1.8, 1.2, 0.8, *(0.06,) * 4, *(0.0,) * 4)
"""How often 1 to 16 digits are generated that touch."""
TURNED = (1.0, 1.2, 3.2, 2.2, 1.9, 1.6, 0.8, 0.4, *(0.04,) * 8)
"""How often 1 to 16 digits are generated that are each turned and bent on its own."""
WRITTEN = (1.0, 1.1, 2.2, 3.0, 3.2, 1.6, 0.9, 0.5, *(0.1,) * 8)
"""How often 1 to 16 digits are generated that a pen writes."""
WIDE_PAGE = Page(
    Range(32, 110, low_end=1.3),
    None,
    Range(0.02, 1.2, low_end=2.0),
    least=(20, 16),
    most=(160, 400),
    narrowest=0.4,
)
LIGHT_LAYERS = (
    Layer("dashes", 3.0, Range(1, 5), Range(0.1, 0.6), ("ink", "any", "near"), 0.4),
    Layer("dots", 2.0, Range(0.5, 4), Range(0.2, 0.8), ("ink", "any"), 0.4),
    Layer("lines", 2.0, Range(1, 8), Range(0.1, 0.5), ("ink", "any", "near"), 0.5),
    Layer("curves", 1.5, Range(1, 5), Range(0.1, 0.6), ("ink", "any", "near"), 0.5),
    Layer("pieces", 2.0, Range(3, 25), Range(0.4, 1.0), ("ink",), 0.5),
    Layer("rings", 1.0, Range(1, 8), Range(0.1, 0.5), ("any", "near"), 0.3),
    Layer("speckle", 1.5, Range(1, 10), fixed(0.01), ("ink", "background"), 1.0),
    Layer("confetti", 0.7, Range(1, 6), fixed(0.1), ("any",), 0.6),
    Layer("grid", 1.0, Range(8, 24), Range(0.05, 0.3), ("near", "grey"), 0.3),
    Layer("words", 1.5, Range(1, 3), Range(3, 8), ("ink", "any", "near"), 0.5),
    Layer("blobs", 0.7, Range(1, 5), fixed(1.0), ("tint", "near"), 0.0),
    Layer("frame", 1.0, fixed(1), Range(0.2, 1.0), ("edge", "grey", "ink"), 1.0),
    Layer("panel", 0.8, Range(2, 8), Range(0.2, 0.8), ("tint", "near", "grey"), 0.0),
)
"""Clutter of a large field, most of it beside the digits."""

FIELD = replace(
    BASE,
    name="field",
    about="small digits anywhere in a large field, single digits, long lines, uneven gaps",
    length_weights=SHORT,
    page=Page(
        Range(24, 160),
        None,
        Range(0.0, 5.0, low_end=1.8),
        least=(20, 16),
        most=(160, 400),
        narrowest=0.4,
    ),
    digits=replace(
        BASE.digits,
        height=Range(0.12, 0.75, low_end=1.4),
        gap=Range(-0.05, 0.7),
        uneven=Range(0.2, 1.2, 0.5),
        jump=Range(0.03, 0.5, 0.4),
        decimals=Range(0.5, 0.85, 0.08),
    ),
    layers=LIGHT_LAYERS,
    picks=(0, 3),
    finish=replace(BASE.finish, rescale=NEVER, blur=Range(0.4, 0.7, 0.15)),
)

WARPED = replace(
    BASE,
    name="warped",
    about="digits each turned, bent, stretched and weighed on its own, that touch, among dots",
    length_weights=TURNED,
    page=replace(
        WIDE_PAGE,
        height=Range(38, 112, low_end=1.5),
        margin=Range(0.0, 2.0, low_end=7.0),
        squeeze=Range(0.1, 0.9),
        least=(24, 40),
        narrowest=0.7,
    ),
    digits=replace(
        BASE.digits,
        kinds=STROKE_KINDS,
        one_face=0.25,
        related=0.15,
        height=Range(0.55, 1.0, low_end=0.6),
        scale=Range(0.03, 0.4, low_end=0.9),
        rotation=Range(5.0, 35.0),
        lean=Range(-0.3, 0.45, 0.15),
        shear=Range(0.05, 0.35, 0.2),
        bent=Range(0.04, 0.24),
        weights=Range(0.02, 0.15, 0.75, 0.8),
        stretch=Range(0.6, 1.35),
        widths=Range(0.1, 0.6, 0.75),
        fill=0.1,
        fit=0.9,
        squeeze=Range(0.55, 1.0, 0.4),
        gap=Range(-0.28, 0.06),
        uneven=Range(0.05, 0.25, 0.7),
        spaces=Range(0.1, 0.7, 0.15),
        cells=0.05,
        jump=Range(0.02, 0.25, 0.5),
        slope=Range(-8.0, 8.0, 0.08),
        cut=Range(0.02, 0.22, 0.35),
        clip=Range(0.02, 0.15, 0.08),
        crisp=0.6,
        weight=Range(-0.3, 0.6, 0.2),
    ),
    effects=replace(
        BASE.effects,
        warp=Range(0.02, 0.08, 0.15),
        perspective=Range(0.05, 0.2, 0.05),
        hollow=0.01,
        halo=NEVER,
        shadow=Range(0.04, 0.18, 0.03),
        opacity=Range(0.6, 1.0, 0.1),
        veil=Range(0.8, 4.0, 0.8, low_end=1.4),
        fade=0.03,
    ),
    colours=Colours(
        schemes=(
            ("pale", 28.0),
            ("pastel", 1.8),
            ("black", 0.8),
            ("vivid", 0.7),
            ("night", 0.6),
            ("grey", 0.4),
            ("bright", 0.4),
            ("white", 0.3),
        ),
        each=0.04,
        contrast=Range(70, 280, low_end=1.5),
    ),
    background=Background(
        gradient=Range(10, 60, 0.06),
        clouds=Range(5, 40, 0.04),
        grain=Range(4, 25, 0.05),
        weave=Range(4, 20, 0.03),
    ),
    layers=(
        Layer("specks", 0.78, Range(1.5, 9, low_end=1.2), Range(0.2, 0.65), ("ink",), 0.95),
        Layer("dots", 0.18, Range(1, 8, low_end=1.3), Range(0.2, 0.7), ("ink",), 0.95),
        Layer("dots", 0.04, Range(2, 10), Range(0.25, 0.8), ("any", "near"), 0.7, TRANSLUCENT),
        Layer("arcs", 0.72, fixed(1), Range(0.08, 0.45, low_end=2.2), ("ink",), 0.95, through=0.5),
        Layer("curves", 0.08, fixed(1), Range(0.1, 0.5, low_end=1.5), ("ink",), 0.9, through=0.7),
        Layer("curves", 0.03, fixed(1), Range(0.2, 0.6), ("any", "near"), 0.8, through=0.7),
        Layer("arcs", 0.04, Range(1, 3), Range(0.1, 0.5), ("any", "near"), 0.7),
        Layer("speckle", 0.06, Range(1, 10), fixed(0.01), ("ink",), 0.8),
        Layer("lines", 0.05, Range(1, 3), Range(0.1, 0.5), ("ink", "any"), 0.8),
        Layer("dashes", 0.08, Range(1, 6), Range(0.15, 0.6), ("ink", "ink", "ink", "any"), 0.8),
    ),
    picks=None,
    finish=replace(
        BASE.finish,
        blur=Range(0.4, 1.1, 0.55, 2.5),
        noise=Range(3, 16, 0.05),
        soften=Range(0.1, 0.3, 0.07),
        grey=0.06,
        palette=Range(6, 48, 0.04),
        alpha=0.04,
    ),
    distinct=1.55,
)

OVERLAP = replace(
    BASE,
    name="overlap",
    about="digits of many sizes that overlap by up to half a digit, under strokes of a pen",
    length_weights=TOUCHING,
    page=replace(WIDE_PAGE, margin=Range(0.05, 0.8)),
    digits=replace(
        BASE.digits,
        kinds=WHOLE_KINDS,
        one_face=0.6,
        height=Range(0.45, 0.9),
        scale=Range(0.05, 0.3),
        rotation=Range(2.0, 15.0, 0.4),
        gap=Range(-0.24, -0.03),
        uneven=Range(0.05, 0.2, 0.4),
        cells=0.1,
    ),
    effects=replace(
        BASE.effects, shadow=Range(0.05, 0.18, 0.4), halo=Range(0.6, 1.6, 0.25), hollow=0.0
    ),
    colours=replace(
        BASE.colours,
        schemes=(("black", 4.0), ("white", 1.0), ("pastel", 2.0), ("vivid", 1.0), ("night", 1.0)),
        each=0.3,
        contrast=Range(150, 380),
    ),
    layers=(
        Layer(
            "curves", 3.0, Range(1, 2), Range(0.3, 0.8), ("any", "near"), 1.0, through=0.8,
            wobble=HAND_WOBBLE,
        ),
        Layer("lines", 2.0, Range(1, 2), Range(0.2, 0.5), ("any",), 0.9, through=0.6),
        Layer(
            "curves", 1.5, fixed(1), Range(0.2, 0.6), ("ink",), 1.0, through=0.8,
            wobble=HAND_WOBBLE,
        ),
        Layer("frame", 0.8, fixed(1), Range(0.2, 0.5), ("edge",), 1.0),
        Layer("dots", 0.8, Range(1, 6), Range(0.2, 0.6), ("ink", "any"), 0.7, TRANSLUCENT),
        Layer("speckle", 0.8, Range(1, 8), fixed(0.01), ("ink", "background"), 0.9),
    ),
    picks=(0, 2),
)  # fmt: skip

STROKES = replace(
    BASE,
    name="strokes",
    about="outlines, edges, hair lines, dotted and embossed strokes, each digit in its own grey",
    length_weights=MIDDLING,
    page=WIDE_PAGE,
    digits=replace(
        BASE.digits,
        forms=(
            ("outline", 1.5),
            ("edges", 1.0),
            ("skeleton", 3.0),
            ("dotted", 0.8),
            ("hatched", 0.8),
            ("torn", 0.6),
            ("solid", 3.0),
        ),
        height=Range(0.4, 0.95),
        kinds=STROKE_KINDS,
        gap=Range(-0.05, 0.4),
        crisp=0.08,
        weight=NEVER,
    ),
    effects=Effects(
        warp=Range(0.02, 0.08, 0.3),
        perspective=Range(0.05, 0.15, 0.1),
        shadow=Range(0.04, 0.12, 0.08),
        fade=0.2,
        emboss=0.22,
    ),
    colours=Colours(
        schemes=(
            ("bright", 3.0),
            ("grey", 3.0),
            ("black", 1.5),
            ("vivid", 1.5),
            ("pastel", 1.5),
            ("night", 1.5),
        ),
        each=0.5,
        contrast=Range(120, 260),
    ),
    layers=(
        Layer("lines", 2.5, Range(1, 5), Range(0.3, 1.0), ("ink",), 0.8),
        Layer("curves", 1.5, Range(1, 3), Range(0.3, 1.0), ("ink", "any"), 0.8),
        Layer("shapes", 1.5, Range(1, 4), Range(0.3, 1.0), ("ink", "near", "grey"), 0.6),
        Layer("speckle", 1.5, Range(1, 12), fixed(0.01), ("ink", "background", "edge"), 0.8),
        Layer("dots", 0.8, Range(1, 6), Range(0.3, 1.0), ("any", "tint"), 0.3),
        Layer("grid", 0.8, Range(6, 16), Range(0.1, 0.3), ("near", "tint"), 0.3),
        Layer("dashes", 0.8, Range(1, 5), Range(0.3, 0.8), ("ink", "any"), 0.5),
    ),
    picks=(0, 2),
    finish=replace(BASE.finish, rescale=NEVER, blur=Range(0.4, 0.7, 0.12)),
)

ISLANDS = replace(
    BASE,
    name="islands",
    about="parts of strokes, marks, units, words and rectangles in the digits' own ink",
    length_weights=SHORT,
    page=replace(WIDE_PAGE, margin=Range(0.1, 3.0, low_end=1.5)),
    digits=replace(
        BASE.digits,
        height=Range(0.3, 0.85),
        gap=Range(0.0, 0.45),
        uneven=Range(0.1, 0.7, 0.5),
        jump=Range(0.03, 0.2, 0.3),
    ),
    layers=(
        Layer("marks", 3.0, Range(1, 3), Range(0.6, 1.2), ("ink",), 0.5),
        Layer("pieces", 3.0, Range(4, 30, low_end=1.5), Range(0.6, 1.05), ("ink",), 0.5),
        Layer("words", 3.0, Range(1, 4), Range(3, 9), ("ink", "near", "any"), 0.5),
        Layer("shapes", 2.0, Range(1, 4), Range(0.3, 1.0), ("ink", "near"), 0.6),
        Layer(
            "curves", 1.0, fixed(1), Range(0.4, 0.9), ("ink",), 1.0, through=0.6,
            wobble=HAND_WOBBLE,
        ),
        Layer("lines", 1.0, Range(1, 3), Range(0.4, 1.05), ("ink",), 0.9),
        Layer("rules", 1.0, Range(1, 2), Range(0.2, 0.8), ("ink", "near"), 0.5),
        Layer("speckle", 0.7, Range(1, 8), fixed(0.01), ("ink",), 0.8),
        Layer("frame", 0.7, fixed(1), Range(0.2, 0.9), ("ink", "edge"), 1.0),
    ),
    picks=(1, 3),
)  # fmt: skip

SEVEN_SEGMENT = Look(
    name="seven-segment",
    about="displays of segments or dots: lit, unlit, worn, glowing, drawn or photographed",
    lengths=(1, 16),
    length_weights=DISPLAYED,
    leading=0.32,
    page=Page(
        Range(26, 110, low_end=1.9),
        None,
        Range(0.02, 2.0, low_end=1.8),
        least=(20, 24),
        most=(160, 400),
        narrowest=0.5,
        band=Range(3.0, 9.0, 0.5),
    ),
    digits=Digits(
        sources=(("segments", 0.86), ("matrix", 0.06), ("fonts", 0.08)),
        kinds=("segment", "pixel"),
        one_face=1.0,
        height=Range(0.22, 0.97, low_end=1.2),
        scale=Range(0.02, 0.2, 0.06),
        decimals=Range(0.5, 0.9, 0.28),
        stretch=Range(0.75, 1.8, low_end=1.8),
        rotation=Range(1.0, 6.0, 0.12),
        lean=Range(-0.05, 0.4, 0.65, 1.5),
        gap=Range(0.05, 0.7, low_end=1.6),
        uneven=Range(0.1, 0.3, 0.15),
        cells=0.5,
        slope=Range(-6.0, 6.0, 0.45),
        jump=Range(0.02, 0.08, 0.06),
        clip=Range(0.03, 0.15, 0.08),
        crisp=0.1,
        weight=Range(-0.3, 0.3, 0.2),
        worn=Range(0.2, 0.8, 0.25),
    ),
    effects=Effects(
        warp=Range(0.01, 0.03, 0.1),
        whole=0.8,
        perspective=Range(0.03, 0.15, 0.25),
        shadow=Range(0.03, 0.12, 0.22),
        opacity=Range(0.6, 1.0, 0.3),
        unlit=Range(0.03, 0.25, 0.25),
        glow=Range(0.05, 0.25, 0.12),
    ),
    colours=Colours(
        schemes=(
            ("lcd", 6.0),
            ("tinted", 2.5),
            ("led", 1.3),
            ("display", 0.8),
            ("night", 0.5),
            ("pastel", 0.5),
            ("vivid", 0.3),
            ("grey", 0.3),
        ),
        each=0.02,
        contrast=Range(18, 240, low_end=1.8),
    ),
    background=Background(
        gradient=Range(10, 90, 0.35),
        clouds=Range(5, 60, 0.2, 1.5),
        grain=Range(4, 25, 0.04),
        weave=Range(3, 12, 0.02),
        mottle=Range(4, 50, 0.2, 1.3),
    ),
    layers=(
        Layer("marks", 0.24, Range(1, 2), Range(0.6, 1.1), ("ink",), 0.5),
        Layer("symbols", 0.3, Range(1, 3), Range(2.0, 5.0), ("ink", "ink", "ink", "near"), 0.5),
        Layer("words", 0.07, Range(1, 3), Range(2.5, 6), ("ink", "near", "edge"), 0.5),
        Layer("window", 0.25, Range(0.6, 6, low_end=1.5), Range(0.2, 1.1),
              ("edge", "grey", "near", "near"), 0.3),
        Layer("panel", 0.03, Range(1, 7), Range(0.3, 1.0), ("edge", "grey", "any"), 0.0),
        Layer("glare", 0.27, Range(1, 3), fixed(1), ("edge",), 1.0),
        Layer("frame", 0.06, fixed(1), Range(0.3, 1.0), ("edge", "grey"), 0.5),
        Layer("pieces", 0.04, Range(2, 10), Range(0.5, 1.0), ("ink", "near"), 0.5),
        Layer("speckle", 0.04, Range(1, 8), fixed(0.01), ("ink", "background"), 0.8),
        Layer("lines", 0.05, Range(1, 3), Range(0.1, 0.4), ("near", "any"), 0.5),
    ),
    finish=Finish(
        rescale=Range(0.5, 0.95, 0.13, 0.7),
        blur=Range(0.4, 1.5, 0.5, 2.2),
        noise=Range(2, 14, 0.18, 1.6),
        soften=Range(0.1, 0.5, 0.25),
        grey=0.06,
        jpeg=Range(35, 95, 0.6),
    ),
    distinct=1.45,
)  # fmt: skip

HANDWRITTEN = Look(
    name="handwritten",
    about="numbers written with a pen on plain, ruled or security paper, with commas and dashes",
    lengths=(1, 16),
    length_weights=WRITTEN,
    round_numbers=0.35,
    page=Page(
        Range(36, 110, low_end=1.8),
        None,
        Range(0.0, 0.9, low_end=3.0),
        least=(20, 16),
        most=(160, 400),
        narrowest=0.4,
    ),
    digits=Digits(
        sources=(("hand", 0.9), ("fonts", 0.1)),
        kinds=("hand",),
        one_face=0.9,
        related=0.8,
        height=Range(0.4, 1.0, low_end=0.35),
        scale=Range(0.04, 0.3),
        decimals=Range(0.4, 0.8, 0.06),
        stretch=Range(0.65, 1.45, low_end=1.2),
        widths=Range(0.05, 0.4, 0.6),
        noughts=Range(0.42, 0.95, 0.4),
        rotation=Range(2.0, 12.0, 0.6),
        lean=Range(-0.12, 0.6, low_end=0.85),
        shear=Range(0.03, 0.2, 0.6),
        bent=Range(0.02, 0.1, 0.3),
        close=Range(0.3, 1.0, 0.85, low_end=0.6),
        gap=Range(-0.17, 0.25, low_end=1.5),
        uneven=Range(0.04, 0.35, 0.5),
        groups=Range(0.05, 0.8, 0.45, low_end=1.6),
        cells=0.05,
        jump=Range(0.02, 0.18, low_end=1.4),
        slope=Range(-6.0, 6.0, 0.4),
        hang=Range(0.05, 0.3, 0.35),
        clip=Range(0.03, 0.15, 0.25),
        crisp=0.04,
    ),
    effects=Effects(
        warp=Range(0.02, 0.04, 0.2), opacity=Range(0.55, 1.0, 0.35), fade=0.1, whole=0.0
    ),
    colours=Colours(
        schemes=(("paper", 10.0), ("black", 0.8), ("pastel", 0.9), ("white", 0.3)),
        contrast=Range(100, 240),
    ),
    background=Background(
        gradient=Range(8, 60, 0.4),
        clouds=Range(4, 30, 0.35),
        grain=Range(4, 28, 0.4),
        weave=Range(4, 38, 0.35),
    ),
    layers=(
        Layer("guilloche", 0.75, Range(3, 10, low_end=1.4), fixed(0.05),
              ("near", "near", "near", "tint"), 0.2, Range(0.25, 1.0)),
        Layer("guilloche", 0.3, Range(3, 12, low_end=1.5), Range(0.05, 0.4), ("near",), 0.3,
              Range(0.25, 1.0)),
        Layer("separators", 0.5, fixed(1), Range(0.8, 1.4), ("ink",), 0.5, Range(0.6, 1.0)),
        Layer("signs", 0.3, Range(1, 2), Range(0.7, 1.1), ("ink",), 0.5),
        Layer("links", 0.35, fixed(1), Range(0.7, 1.0), ("ink",), 0.5, Range(0.6, 1.0)),
        Layer("underlines", 0.06, Range(1, 2), Range(0.6, 1.1), ("ink",), 0.5),
        Layer("marks", 0.1, Range(1, 2), Range(0.8, 1.2), ("ink",), 0.5),
        Layer("rules", 0.4, Range(1, 2), Range(0.1, 0.8), ("ink", "near", "grey"), 0.4),
        Layer("grid", 0.07, Range(4, 18), fixed(0.05), ("near", "tint"), 0.2),
        Layer("words", 0.06, Range(1, 2), Range(3, 6), ("ink", "near", "any"), 0.3),
        Layer("frame", 0.08, fixed(1), Range(0.1, 0.5), ("edge", "near"), 0.5),
        Layer("pieces", 0.06, Range(2, 8), Range(0.4, 0.9), ("ink", "near"), 0.5),
        Layer("curves", 0.04, fixed(1), Range(0.4, 0.9), ("ink",), 0.8, wobble=HAND_WOBBLE),
    ),
    finish=Finish(
        rescale=Range(0.55, 0.95, 0.15),
        blur=Range(0.4, 1.0, 0.5, 1.7),
        noise=Range(3, 14, 0.25),
        soften=Range(0.1, 0.35, 0.3),
        grey=0.85,
        jpeg=Range(30, 95, 0.7),
        bilevel=0.05,
    ),
    distinct=1.7,
)  # fmt: skip

METER = Look(
    name="meter",
    about="the wheels of mechanical counters in their frames, with printed surroundings",
    lengths=(1, 16),
    length_weights=SHORT,
    page=Page(
        Range(30, 110, low_end=1.3),
        None,
        Range(0.25, 1.6, low_end=1.8),
        least=(20, 16),
        most=(160, 400),
        narrowest=0.4,
    ),
    digits=Digits(
        kinds=("sans", "condensed", "mono", "slab", "serif", "rounded"),
        one_face=1.0,
        height=Range(0.4, 0.78),
        scale=Range(0.01, 0.05, 0.3),
        decimals=Range(0.5, 0.9, 0.08),
        stretch=Range(0.7, 1.3),
        rotation=Range(1.0, 5.0, 0.4),
        lean=Range(-0.1, 0.1, 0.2),
        gap=Range(0.16, 0.7),
        uneven=Range(0.05, 0.15, 0.15),
        cells=1.0,
        jump=Range(0.02, 0.1, 0.5),
        slope=Range(-5.0, 5.0, 0.3),
        crisp=0.08,
        weight=Range(-0.4, 0.6, 0.4),
    ),
    effects=Effects(
        warp=Range(0.02, 0.05, 0.1),
        whole=1.0,
        perspective=Range(0.03, 0.12, 0.3),
        shadow=Range(0.04, 0.1, 0.1),
        opacity=Range(0.65, 1.0, 0.3),
    ),
    colours=Colours(
        schemes=(("white", 3.0), ("black", 3.0), ("grey", 1.0), ("night", 1.0), ("pastel", 0.7)),
        each=0.03,
        contrast=Range(110, 330),
    ),
    background=Background(
        gradient=Range(8, 60, 0.3), clouds=Range(4, 30, 0.3), grain=Range(3, 20, 0.2)
    ),
    layers=(
        Layer("wheels", 0.85, Range(0, 60), Range(0, 3), ("grey", "edge", "any", "near"), 0.0),
        Layer("words", 0.3, Range(1, 3), Range(2.5, 6), ("ink", "edge", "any"), 0.3),
        Layer("marks", 0.12, fixed(1), Range(0.6, 1.0), ("ink", "edge"), 0.5),
        Layer("glare", 0.18, Range(1, 3), fixed(1), ("edge",), 1.0),
        Layer("frame", 0.15, fixed(1), Range(0.3, 1.2), ("edge", "grey"), 1.0),
        Layer("rules", 0.12, Range(1, 2), Range(0.2, 0.8), ("edge", "near"), 0.5),
        Layer("lines", 0.08, Range(1, 3), Range(0.1, 0.4), ("near", "any"), 0.7),
        Layer("speckle", 0.1, Range(1, 8), fixed(0.01), ("ink", "background"), 0.8),
    ),
    finish=Finish(
        rescale=Range(0.55, 0.95, 0.2),
        blur=Range(0.4, 1.2, 0.4),
        noise=Range(2, 14, 0.3),
        soften=Range(0.1, 0.4, 0.2),
        grey=0.35,
        jpeg=Range(35, 95, 0.6),
    ),
    distinct=1.6,
)

AXES = (
    (FIELD, 0.08),
    (WARPED, 0.11),
    (OVERLAP, 0.07),
    (STROKES, 0.07),
    (ISLANDS, 0.06),
    (SEVEN_SEGMENT, 0.12),
    (HANDWRITTEN, 0.12),
    (METER, 0.05),
)
"""Each axis with its share of the images of ``mixed``."""
