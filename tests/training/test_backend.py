"""Training without its extra."""

import pytest

from digitsolver.errors import MissingExtraError
from digitsolver.training import backend


def test_absent_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "NEEDED", ("tensorflow_of_nobody",))
    with pytest.raises(MissingExtraError, match=r"pip install 'digitsolver\[train\]'"):
        backend.require_training()
