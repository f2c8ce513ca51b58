"""Digits of a hand: strokes through points, in several forms a digit, drawn with a pen.

Between two corners a stroke is a cardinal spline (Catmull & Rom, "A class of local interpolating
splines", 1974, whose tension is 0.5).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate, pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from collector.draw.glyphs import EM, Glyph, cut
from collector.draw.hand_forms import FORMS, Form, Stroke
from collector.draw.look import Digits
from collector.draw.shape import Shapes

Path = NDArray[np.float64]

JOINED = {"0": 0.5, "1": 0.3, "2": 0.8, "4": 0.0}
"""How likely a hand that joins its digits draws each on to the next one."""
STEPS = 6
"""Points drawn between two of the model."""
HERMITE = np.array(
    [[2 * t**3 - 3 * t**2 + 1, 3 * t**2 - 2 * t**3, t**3 - 2 * t**2 + t, t**3 - t**2]
     for t in np.arange(STEPS) / STEPS]
)  # fmt: skip
"""Weights of two points and their tangents, for each point drawn between the two."""
ROOM = 32
"""Free pixels around a digit: for upstrokes and joins."""
MIDDLE = 0.28
"""The middle of a digit, in em from its left side."""


@dataclass(frozen=True, slots=True)
class Hand:
    """How one person writes.

    pen: width of the strokes, in em. press: share of it that an upstroke lacks. care: deviation of
    the points, in em. joins: whether digits are drawn on to the next one. tension: of the spline;
    the more, the rounder. waist: how far down the middle lies, in em. taper: how much wider the
    lower half is than the upper one. bow: how far digits bend to the right in the middle, in em.
    sway: deviation of waist, taper and bow from one digit to the next.
    """

    pen: float
    press: float
    care: float
    joins: bool
    tension: float
    waist: float
    taper: float
    bow: float
    sway: float


def hand_shapes(digits: Digits, label: str, rng: np.random.Generator) -> Shapes:
    """Sample one hand: its forms, pen and carelessness; then each digit anew."""
    forms = {digit: _sample_form(digit, rng) for digit in sorted(set(label))}
    hand = sample_hand(rng)
    glyphs = []
    for place, digit in enumerate(label):
        if rng.random() < 0.12:
            forms[digit] = _sample_form(digit, rng)
        on = hand.joins and place + 1 < len(label) and rng.random() < JOINED.get(digit, 0.0)
        paths = _bent([_careless(stroke, hand.care, rng) for stroke in forms[digit]], hand, rng)
        if on:
            paths[0] = np.concatenate([paths[0], _join(paths[0][-1], rng)])
        glyphs.append(_write(paths, hand))
    return Shapes(tuple(glyphs), hand.pen * (1 - 0.5 * hand.press))


def sample_hand(rng: np.random.Generator) -> Hand:
    """Sample how one person writes; one of ten takes a felt tip."""
    return Hand(
        pen=rng.uniform(0.12, 0.18) if rng.random() < 0.1 else rng.triangular(0.035, 0.07, 0.13),
        press=rng.uniform(0.0, 0.35),
        care=rng.uniform(0.01, 0.045),
        joins=rng.random() < 0.35,
        tension=rng.uniform(0.3, 0.62),
        waist=rng.normal(0.0, 0.05),
        taper=rng.normal(0.0, 0.1),
        bow=rng.normal(0.0, 0.03),
        sway=rng.uniform(0.1, 0.6),
    )


def _sample_form(digit: str, rng: np.random.Generator) -> Form:
    return FORMS[digit][int(rng.integers(len(FORMS[digit])))]


def _careless(stroke: Stroke, care: float, rng: np.random.Generator) -> Path:
    """Move the points a little; a corner stays one."""
    points = np.array(stroke)
    moves = rng.normal(0.0, care, points.shape)
    twice = np.flatnonzero(np.all(points[1:] == points[:-1], axis=1)) + 1
    moves[twice] = moves[twice - 1]
    return np.asarray(points + moves)


def _bent(paths: list[Path], hand: Hand, rng: np.random.Generator) -> list[Path]:
    """Bend a digit as a whole: its waist, its taper and its bow."""
    moves = (hand.sway * rng.normal(0.0, (0.05, 0.1, 0.04))).tolist()
    waist = min(max(hand.waist + moves[0], -0.12), 0.12)
    taper = min(max(hand.taper + moves[1], -0.25), 0.25)
    bow = hand.bow + moves[2]
    points = np.concatenate(paths)
    x, y = points.T
    down = np.minimum(np.maximum(y, 0.0), 1.0)
    middle = 4 * down * (1 - down)
    bent = np.empty_like(points)
    bent[:, 0] = MIDDLE + (x - MIDDLE) * (1 - taper + 2 * taper * down) + bow * middle
    bent[:, 1] = y + waist * middle
    lengths = [len(path) for path in paths]
    return [bent[end - size : end] for size, end in zip(lengths, accumulate(lengths), strict=True)]


def _join(end: Path, rng: np.random.Generator) -> Path:
    """Return points that lead from the end of a digit to the next one."""
    reach = rng.uniform(0.12, 0.3)
    rise = rng.uniform(-0.12, 0.06)
    return np.asarray(end + np.array([[0.5 * reach, 0.04], [reach, rise]]))


def _spline(points: Path, tension: float) -> Path:
    """Return points along a cardinal spline."""
    count = len(points)
    tangents = np.zeros_like(points)
    tangents[1:-1] = points[2:] - points[:-2]
    tangents[0], tangents[-1] = points[1] - points[0], points[-1] - points[-2]
    tangents *= tension
    curve = np.empty(((count - 1) * STEPS + 1, 2))
    ends = np.stack([points[:-1], points[1:], tangents[:-1], tangents[1:]]).reshape(4, -1)
    curve[:-1] = (HERMITE @ ends).reshape(STEPS, -1, 2).transpose(1, 0, 2).reshape(-1, 2)
    curve[-1] = points[-1]
    return curve


def _write(paths: list[Path], hand: Hand) -> Glyph:
    """Draw strokes with a pen that presses harder on its way down."""
    mask = np.zeros((EM + 2 * ROOM, EM + 2 * ROOM), dtype=np.uint8)
    for path in paths:
        points = _spline(path, hand.tension) * EM + ROOM
        corners = np.rint(points * 8).astype(np.int32)
        way = np.diff(points, axis=0)
        down = way[:, 1] / (np.hypot(way[:, 0], way[:, 1]) + 1e-6)
        pressed = hand.pen * EM * (1 - hand.press * (0.5 - 0.5 * down))
        widths = np.maximum(np.rint(pressed), 1).astype(int)
        ends = [0, *(np.flatnonzero(np.diff(widths)) + 1).tolist(), len(widths)]
        for first, last in pairwise(ends):
            part = [corners[first : last + 1]]
            cv2.polylines(mask, part, False, 255, int(widths[first]), cv2.LINE_AA, 3)
    return cut(mask, (0.0, ROOM + EM / 2))
