"""Look whether a folder of samples can be trusted: what is in it, and which labels may be wrong."""

from collector.check.found import Checked, Outlier
from collector.check.look import check
from collector.check.page import render_page
from collector.check.suspects import Suspect

__all__ = ["Checked", "Outlier", "Suspect", "check", "render_page"]
