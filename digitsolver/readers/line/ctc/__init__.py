"""Connectionist temporal classification (CTC): what a line network's frames say of a text.

The network gives each frame a character or a blank. A path has one class a frame; runs of one
class count once and blanks are dropped, so a text has many paths, and its probability is the sum
over them (A. Graves et al., "Connectionist temporal classification", ICML 2006).

- ``sums``: sums over paths: the probability of a text, of all texts of a length, of each
  character and where it lies (the forward and the backward algorithm);
- ``paths``: single paths: the best one, and forced alignment with a known label;
- ``search``: the most probable text, best first;
- ``decoding``: from logits and an alphabet to a text with confidences and spans.

Frames are ``(frames, classes)``, the blank last; a text is the classes of its characters.
"""

from digitsolver.readers.line.ctc.decoding import (
    Decoded,
    decode,
    decode_positions,
    mean_logprobs,
    rate,
)
from digitsolver.readers.line.ctc.paths import ForcedAlignment, best_path, force_align
from digitsolver.readers.line.ctc.search import Best, most_probable_text
from digitsolver.readers.line.ctc.sums import (
    Posterior,
    length_probability,
    log_likelihoods,
    posterior,
)

__all__ = [
    "Best",
    "Decoded",
    "ForcedAlignment",
    "Posterior",
    "best_path",
    "decode",
    "decode_positions",
    "force_align",
    "length_probability",
    "log_likelihoods",
    "mean_logprobs",
    "most_probable_text",
    "posterior",
    "rate",
]
