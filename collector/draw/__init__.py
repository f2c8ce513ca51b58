"""Draw captchas: one space of looks, named points in it, and images from a seed.

Add a look in ``looks.py``, a kind of clutter in ``clutter.py``, a colour scheme in
``colour.py``: one function or entry each, and its test.
"""

from collector.draw.image import GeneratedCaptcha, draw, draw_one, encode
from collector.draw.look import Look
from collector.draw.looks import LOOKS

__all__ = ["LOOKS", "GeneratedCaptcha", "Look", "draw", "draw_one", "encode"]
