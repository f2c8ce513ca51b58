"""Training without its extra."""

from pathlib import Path

import pytest

from digitsolver.errors import BundleError, MissingExtraError
from digitsolver.training import backend


def test_absent_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backend, "NEEDED", ("tensorflow_of_nobody",))
    with pytest.raises(MissingExtraError, match=r"pip install 'digitsolver\[train\]'"):
        backend.require_training()


def test_a_python_without_tensorflow_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr("sys.version_info", (3, 14, 2))
    with pytest.raises(MissingExtraError, match=r"expected Python 3\.11, .* found 3\.14, for"):
        backend.require_training()


def test_code_in_a_network_is_not_run(tmp_path: Path) -> None:
    backend.require_training()
    import keras

    layers = [keras.Input((2,)), keras.layers.Lambda(lambda x: x * 2, output_shape=(2,))]
    path = tmp_path / "model.keras"
    keras.Sequential(layers).save(path)
    with pytest.raises(BundleError, match=r"model\.keras: expected a network as Keras saves it"):
        backend.load_keras(path)


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\3\4" + bytes(40)])
def test_what_is_no_network_of_keras(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "model.keras"
    path.write_bytes(content)
    with pytest.raises(
        BundleError, match="expected a network as Keras saves it, found: "
    ) as caught:
        backend.load_keras(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("flags", "policy"),
    [
        ("fpu avx512f avx512_bf16", "mixed_bfloat16"),
        ("fpu amx_bf16 amx_tile", "mixed_bfloat16"),
        ("fpu avx512f", "float32"),
        (None, "float32"),
    ],
)
def test_the_processor_decides_how_many_bits_learn(
    flags: str | None, policy: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "cpuinfo"
    if flags:
        file.write_text(f"processor\t: 0\nflags\t\t: {flags}\n")
    monkeypatch.setattr(backend, "PROCESSOR", file)
    assert backend.fastest_policy() == policy
