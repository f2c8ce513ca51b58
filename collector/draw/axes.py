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
TOUCHING = (1.0, 1.2, 1.6, 1.8, 1.8, 1.8, 1.2, 0.8, *(0.06,) * 4, *(0.0,) * 4)
"""How often 1 to 16 digits are generated that touch."""
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
    length_weights=TOUCHING,
    page=replace(WIDE_PAGE, margin=Range(0.02, 0.8, low_end=2.2)),
    digits=replace(
        BASE.digits,
        kinds=WHOLE_KINDS,
        one_face=0.35,
        related=0.2,
        height=Range(0.45, 0.95),
        scale=Range(0.05, 0.25),
        rotation=Range(5.0, 30.0),
        bent=Range(0.04, 0.16),
        weights=Range(0.02, 0.13, 0.6),
        stretch=Range(0.55, 1.4),
        widths=Range(0.1, 0.5, 0.6),
        fill=0.15,
        gap=Range(-0.17, 0.12),
        cells=0.1,
        weight=Range(-0.3, 0.6, 0.2),
    ),
    effects=replace(BASE.effects, warp=Range(0.02, 0.08, 0.3), halo=NEVER, hollow=0.03),
    colours=replace(BASE.colours, contrast=Range(50, 280, low_end=1.5)),
    layers=(
        Layer("dots", 3.0, Range(2, 10), Range(0.25, 0.7), ("ink", "any"), 0.7),
        Layer("curves", 2.5, fixed(1), Range(0.2, 0.6), ("ink",), 0.9, through=0.7),
        Layer("curves", 1.5, fixed(1), Range(0.2, 0.6), ("any", "near"), 0.8, through=0.7),
        Layer("speckle", 1.0, Range(1, 10), fixed(0.01), ("ink",), 0.8),
        Layer("lines", 0.8, Range(1, 4), Range(0.2, 0.6), ("ink", "any"), 0.8),
        Layer("dashes", 0.8, Range(1, 6), Range(0.2, 0.5), ("any", "ink"), 0.6),
    ),
    picks=(1, 3),
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
    page=Page(
        Range(24, 110, low_end=2.2),
        None,
        Range(0.02, 2.0, low_end=2.3),
        least=(20, 24),
        most=(160, 400),
        narrowest=0.5,
    ),
    digits=Digits(
        sources=(("segments", 0.83), ("matrix", 0.09), ("fonts", 0.08)),
        kinds=("segment", "pixel"),
        one_face=1.0,
        height=Range(0.22, 0.97, low_end=0.8),
        scale=Range(0.02, 0.2, 0.06),
        decimals=Range(0.5, 0.9, 0.33),
        stretch=Range(0.75, 2.0, low_end=1.8),
        rotation=Range(1.0, 6.0, 0.12),
        lean=Range(-0.05, 0.4, 0.65, 1.5),
        gap=Range(0.05, 0.7, low_end=1.6),
        uneven=Range(0.1, 0.3, 0.15),
        cells=0.5,
        slope=Range(-6.0, 6.0, 0.45),
        jump=Range(0.02, 0.08, 0.1),
        clip=Range(0.03, 0.15, 0.08),
        crisp=0.1,
        weight=Range(-0.3, 0.3, 0.2),
        worn=Range(0.2, 0.8, 0.25),
    ),
    effects=Effects(
        warp=Range(0.01, 0.03, 0.1),
        whole=0.8,
        perspective=Range(0.03, 0.15, 0.3),
        shadow=Range(0.03, 0.12, 0.3),
        opacity=Range(0.6, 1.0, 0.3),
        unlit=Range(0.03, 0.25, 0.35),
        glow=Range(0.05, 0.25, 0.2),
    ),
    colours=Colours(
        schemes=(
            ("lcd", 5.0),
            ("led", 1.5),
            ("display", 1.5),
            ("night", 0.8),
            ("pastel", 0.8),
            ("vivid", 1.2),
            ("grey", 0.6),
        ),
        each=0.02,
        contrast=Range(18, 240, low_end=1.5),
    ),
    background=Background(
        gradient=Range(10, 90, 0.4),
        clouds=Range(5, 60, 0.2),
        grain=Range(4, 25, 0.1),
        weave=Range(3, 12, 0.04),
        mottle=Range(4, 50, 0.2, 1.3),
    ),
    layers=(
        Layer("marks", 0.4, Range(1, 2), Range(0.6, 1.1), ("ink",), 0.5),
        Layer("symbols", 0.36, Range(1, 3), Range(2.0, 5.0), ("ink", "ink", "ink", "near"), 0.5),
        Layer("words", 0.07, Range(1, 3), Range(2.5, 6), ("ink", "near", "edge"), 0.5),
        Layer("window", 0.4, Range(0.6, 6, low_end=1.5), Range(0.2, 1.1),
              ("edge", "grey", "near", "grey"), 0.3),
        Layer("panel", 0.06, Range(1, 7), Range(0.3, 1.0), ("edge", "grey", "any"), 0.0),
        Layer("glare", 0.22, Range(1, 3), fixed(1), ("edge",), 1.0),
        Layer("frame", 0.08, fixed(1), Range(0.3, 1.0), ("edge", "grey"), 0.5),
        Layer("pieces", 0.06, Range(2, 10), Range(0.5, 1.0), ("ink", "near"), 0.5),
        Layer("speckle", 0.07, Range(1, 8), fixed(0.01), ("ink", "background"), 0.8),
        Layer("lines", 0.05, Range(1, 3), Range(0.1, 0.4), ("near", "any"), 0.5),
    ),
    finish=Finish(
        rescale=Range(0.5, 0.95, 0.2),
        blur=Range(0.4, 1.5, 0.5, 1.8),
        noise=Range(2, 14, 0.22),
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
    length_weights=MIDDLING,
    page=Page(
        Range(36, 100, low_end=1.2),
        None,
        Range(0.02, 1.0, low_end=1.8),
        least=(20, 16),
        most=(160, 400),
        narrowest=0.4,
    ),
    digits=Digits(
        sources=(("hand", 0.82), ("fonts", 0.18)),
        kinds=("hand",),
        one_face=0.9,
        related=0.8,
        height=Range(0.4, 0.9),
        scale=Range(0.03, 0.25),
        decimals=Range(0.4, 0.8, 0.15),
        stretch=Range(0.65, 1.35),
        widths=Range(0.05, 0.3, 0.5),
        rotation=Range(2.0, 10.0, 0.6),
        lean=Range(-0.15, 0.6),
        shear=Range(0.03, 0.15, 0.6),
        bent=Range(0.02, 0.14, 0.7),
        gap=Range(-0.16, 0.3),
        uneven=Range(0.1, 0.5, 0.5),
        cells=0.05,
        jump=Range(0.02, 0.18),
        slope=Range(-5.0, 5.0, 0.4),
        clip=Range(0.03, 0.12, 0.15),
        crisp=0.05,
    ),
    effects=Effects(
        warp=Range(0.02, 0.06, 0.25), opacity=Range(0.55, 1.0, 0.5), fade=0.1, whole=0.0
    ),
    colours=Colours(
        schemes=(("paper", 5.0), ("black", 2.0), ("pastel", 1.5), ("white", 0.7)),
        contrast=Range(90, 260),
    ),
    background=Background(
        gradient=Range(8, 50, 0.3),
        clouds=Range(4, 25, 0.3),
        grain=Range(3, 25, 0.3),
        weave=Range(4, 25, 0.3),
    ),
    layers=(
        Layer("guilloche", 0.5, Range(3, 9), fixed(0.05), ("near", "tint"), 0.15,
              Range(0.3, 1.0)),
        Layer("marks", 0.45, Range(1, 2), Range(0.8, 1.2), ("ink",), 0.5),
        Layer("rules", 0.35, Range(1, 2), Range(0.1, 0.8), ("ink", "near", "grey"), 0.4),
        Layer("grid", 0.08, Range(8, 18), fixed(0.05), ("near", "tint"), 0.2),
        Layer("words", 0.08, Range(1, 2), Range(3, 6), ("ink", "near", "any"), 0.3),
        Layer("frame", 0.1, fixed(1), Range(0.1, 0.5), ("edge", "near"), 0.5),
        Layer("pieces", 0.06, Range(2, 8), Range(0.4, 0.9), ("ink", "near"), 0.5),
        Layer("curves", 0.05, fixed(1), Range(0.4, 0.9), ("ink",), 0.8, wobble=HAND_WOBBLE),
    ),
    finish=Finish(
        rescale=Range(0.55, 0.95, 0.15),
        blur=Range(0.4, 1.0, 0.4),
        noise=Range(3, 14, 0.25),
        soften=Range(0.1, 0.35, 0.25),
        grey=0.5,
        jpeg=Range(40, 95, 0.6),
    ),
    distinct=1.85,
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
    (WARPED, 0.10),
    (OVERLAP, 0.06),
    (STROKES, 0.07),
    (ISLANDS, 0.06),
    (SEVEN_SEGMENT, 0.11),
    (HANDWRITTEN, 0.11),
    (METER, 0.05),
)
"""Each axis with its share of the images of ``mixed``."""
