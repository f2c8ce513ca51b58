"""What draws in batches: OpenCV's number of threads comes back."""

import cv2
import pytest

from collector.runs import draw_batch


def test_a_batch_leaves_the_number_of_threads_as_it_was() -> None:
    before = cv2.getNumThreads()
    try:
        cv2.setNumThreads(2)
        assert len(draw_batch("plain", 0, range(3), None)) == 3
        assert cv2.getNumThreads() == 2
        with pytest.raises(ValueError, match="unknown look"):
            draw_batch("x", 0, range(1), None)
        assert cv2.getNumThreads() == 2
    finally:
        cv2.setNumThreads(before)
