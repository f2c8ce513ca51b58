"""Find the look that a folder of images has, among all that can be generated."""

from collector.imitate.board import draw_board
from collector.imitate.observed import Observed, observe
from collector.imitate.search import Imitation, imitate

__all__ = ["Imitation", "Observed", "draw_board", "imitate", "observe"]
