"""The four stages, each a pure function from array to array.

1. `clean` takes away what is not digit.
2. `clip` finds the box around all digits.
3. `segment` separates the columns of the digits; `length` estimates their number.
4. `crop` cuts a window of one size round each digit.

Before them, `locate_lines` finds the line of digits in an image that shows more than that.
"""

from digitsolver.stages.clean import CLEANERS, clean, clean_steps
from digitsolver.stages.clip import bounding_box, share_of_specks
from digitsolver.stages.clustering import k_means
from digitsolver.stages.crop import crop, middles
from digitsolver.stages.length import PITCH, estimate_length
from digitsolver.stages.levels import stretch, stroke_width, to_grey
from digitsolver.stages.locate import Line, locate_lines
from digitsolver.stages.segment import SEGMENTERS, Segments, ink_per_column

__all__ = [
    "CLEANERS",
    "PITCH",
    "SEGMENTERS",
    "Line",
    "Segments",
    "bounding_box",
    "clean",
    "clean_steps",
    "crop",
    "estimate_length",
    "ink_per_column",
    "k_means",
    "locate_lines",
    "middles",
    "share_of_specks",
    "stretch",
    "stroke_width",
    "to_grey",
]
