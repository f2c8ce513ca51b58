"""What several tests of the reader line ask for."""

import pytest

from digitsolver.readers.line.learner import build
from digitsolver.readers.line.pretrained import Pretrained


@pytest.fixture(scope="session")
def pretrained() -> Pretrained:
    """Return an untrained network in the place of the default model."""
    return Pretrained(build("0123456789", 1).get_weights(), "0123456789", 1.5, "some digest")
