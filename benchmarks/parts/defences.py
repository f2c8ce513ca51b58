"""The defences that benchmarks/defences.py measures: each a change of one plain look, in steps."""

from __future__ import annotations

from dataclasses import dataclass, replace

from collector.draw.look import Colours, Digits, Effects, Layer, Look, Page, Range, fixed

PLAIN = Look(
    name="without defence",
    about="five black sans-serif digits on white",
    lengths=(5, 5),
    page=Page(fixed(50), fixed(160), margin=Range(0.2, 0.6), squeeze=Range(0.2, 0.8)),
    digits=Digits(kinds=("sans",), one_face=1.0, height=Range(0.5, 0.62), gap=Range(0.08, 0.16)),
    colours=Colours(schemes=(("black", 1.0),), contrast=Range(330, 420)),
)
"""What every defence is added to."""


@dataclass(frozen=True)
class Defence:
    """One defence in one strength, and the look that has it."""

    name: str
    strength: str
    look: Look


def _layers(name: str, kind: str, size: Range, amounts: dict[str, float]) -> list[Defence]:
    """Return a layer of clutter in the digits' ink over them, in so many amounts."""
    return [
        Defence(name, strength, replace(PLAIN, layers=(_layer(kind, amount, size),)))
        for strength, amount in amounts.items()
    ]


def _layer(kind: str, amount: float, size: Range) -> Layer:
    return Layer(kind, 1.0, fixed(amount), size, ("ink",), over=1.0)


def _digits(name: str, **changes: Digits) -> list[Defence]:
    """Return changes of the digits, each with its name as strength."""
    return [
        Defence(name, strength.replace("_", " "), replace(PLAIN, digits=digits))
        for strength, digits in changes.items()
    ]


def _effects(name: str, effects: dict[str, Effects]) -> list[Defence]:
    return [
        Defence(name, strength, replace(PLAIN, effects=effect))
        for strength, effect in effects.items()
    ]


DIGITS = PLAIN.digits
THIN, THICK = Range(0.25, 0.4), Range(0.9, 1.05)
DEFENCES = (
    Defence("none", "-", PLAIN),
    *_layers("noise", "speckle", fixed(0.01), {"4 %": 4, "10 %": 10, "20 %": 20}),
    *_layers("thin lines", "lines", THIN, {"2": 2, "4": 4, "8": 8}),
    *_layers("thick lines", "lines", THICK, {"1": 1, "2": 2, "3": 3}),
    *_layers("curves", "curves", THICK, {"1": 1, "2": 2, "3": 3}),
    *_layers("grid", "grid", THIN, {"14 px": 14, "9 px": 9, "6 px": 6}),
    *_digits(
        "overlap",
        touching=replace(DIGITS, gap=fixed(-0.02)),
        a_tenth=replace(DIGITS, gap=fixed(-0.1)),
        a_fifth=replace(DIGITS, gap=fixed(-0.2)),
    ),
    *_digits(
        "warp of each digit",
        slight=replace(DIGITS, bent=fixed(0.06)),
        medium=replace(DIGITS, bent=fixed(0.12)),
        strong=replace(DIGITS, bent=fixed(0.2)),
    ),
    *_digits(
        "rotation",
        **{
            "10°": replace(DIGITS, rotation=fixed(10.0)),
            "25°": replace(DIGITS, rotation=fixed(25.0)),
            "40°": replace(DIGITS, rotation=fixed(40.0)),
        },
    ),
    *_digits(
        "faces",
        one_for_all_kinds=replace(DIGITS, kinds=()),
        one_for_each_digit=replace(DIGITS, kinds=(), one_face=0.0),
        and_sizes=replace(DIGITS, kinds=(), one_face=0.0, scale=fixed(0.3)),
    ),
    *_digits(
        "outlines",
        outline=replace(DIGITS, forms=(("outline", 1.0),)),
        dotted=replace(DIGITS, forms=(("dotted", 1.0),)),
        edges=replace(DIGITS, forms=(("edges", 1.0),)),
    ),
    *_effects(
        "wave",
        {
            "slight": Effects(warp=fixed(0.05), whole=1.0),
            "medium": Effects(warp=fixed(0.1), whole=1.0),
            "strong": Effects(warp=fixed(0.16), whole=1.0),
        },
    ),
    *(
        Defence(
            "colour clutter",
            strength,
            replace(
                PLAIN,
                colours=Colours(schemes=(("pastel", 1.0),), each=1.0, contrast=Range(150, 420)),
                layers=(Layer("dots", 1.0, fixed(amount), Range(0.3, 1.2), ("any",), over=0.7),),
            ),
        )
        for strength, amount in {"3 %": 3.0, "8 %": 8.0, "16 %": 16.0}.items()
    ),
    *(
        Defence("length", f"{length} digits", replace(PLAIN, lengths=(length, length)))
        for length in (4, 6, 8)
    ),
    *(
        Defence(
            "all together",
            strength,
            replace(
                PLAIN,
                digits=replace(
                    DIGITS, kinds=(), one_face=0.0, gap=fixed(gap), rotation=fixed(25.0),
                    bent=fixed(0.06),
                ),
                layers=(_layer("curves", count, THICK), _layer("speckle", 6.0, fixed(0.01))),
            ),
        )
        for strength, gap, count in (("light", 0.05, 1), ("medium", -0.05, 2), ("strong", -0.15, 3))
    ),
)  # fmt: skip
"""Each defence in three strengths, and the look without one."""
