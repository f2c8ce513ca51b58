"""Generate captchas of a look from a seed.

To add a look, write an entry in ``looks.py``; an axis of ``mixed``, one in ``axes.py``; a kind of
clutter, a function in ``clutter.py``; a colour scheme, a function in ``colour.py``; shapes of
digits, a function in ``shapes.py``; a form of strokes, one in ``forms.py``; each with its test.
"""

from collector.draw.image import GeneratedCaptcha, draw, draw_one, encode
from collector.draw.look import Look
from collector.draw.looks import LOOKS

__all__ = ["LOOKS", "GeneratedCaptcha", "Look", "draw", "draw_one", "encode"]
