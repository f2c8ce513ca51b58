"""The demo is built of what the bundle and the Python modules say, and names no other host."""

import json
import re
from pathlib import Path

import pytest

from digitsolver import bundle as bundles
from digitsolver.io.images import read_image
from digitsolver.readers.line.prepare import HEIGHT
from digitsolver.readers.line.views import SURE
from digitsolver.stages.locate import WINDOWS
from tools.build_demo import RUNTIME, SOURCE, build


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with what stands for the npm packages."""
    folder = tmp_path_factory.mktemp("node_modules")
    distribution = folder / "onnxruntime-web" / "dist"
    distribution.mkdir(parents=True)
    for name in (*RUNTIME, "ort.webgpu.mjs"):
        (distribution / name).write_text(name, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, packages: Path) -> Path:
    folder = tmp_path_factory.mktemp("built") / "demo"
    build(folder, packages, "../index.html")
    return folder


def constant(demo: Path, name: str) -> object:
    """Return a constant of settings.js."""
    text = (demo / "settings.js").read_text(encoding="utf-8")
    found = re.search(rf"^export const {name} = (.*);$", text, re.MULTILINE)
    assert found
    return json.loads(found[1])


def test_settings_are_those_of_the_bundle_and_the_modules(demo: Path) -> None:
    facts = bundles.load(bundles.DEFAULT).facts
    model = constant(demo, "MODEL")
    assert isinstance(model, dict)
    assert (model["alphabet"], model["temperature"]) == (facts.alphabet, facts.temperature)
    for name in (model["quick"], model["exact"]):
        original = bundles.DEFAULT / Path(name).name
        assert (demo / name).read_bytes() == original.read_bytes()
    prepare, views, locate = (constant(demo, name) for name in ("PREPARE", "VIEWS", "LOCATE"))
    assert isinstance(prepare, dict)
    assert isinstance(views, dict)
    assert isinstance(locate, dict)
    assert (prepare["HEIGHT"], views["SURE"]) == (HEIGHT, SURE)
    assert locate["WINDOWS"] == list(WINDOWS)
    assert constant(demo, "HOME") == "../index.html"


def test_samples_are_images_with_their_labels(demo: Path) -> None:
    samples = constant(demo, "SAMPLES")
    assert isinstance(samples, list)
    assert len(samples) == 6
    for sample in samples:
        assert read_image(demo / sample["file"]).size
        assert sample["label"].isdigit()


def test_the_runtime_comes_with_its_licence_and_nothing_else(demo: Path) -> None:
    names = {path.name for path in (demo / "ort").iterdir()}
    assert names == {*RUNTIME, "LICENSE", "ThirdPartyNotices.txt"}
    assert "MIT" in (demo / "ort" / "LICENSE").read_text(encoding="utf-8")
    assert "MIT" in (demo / "LICENSE").read_text(encoding="utf-8")


def test_the_service_worker_keeps_every_file_and_changes_with_them(
    demo: Path, packages: Path, tmp_path: Path
) -> None:
    def version(folder: Path) -> str:
        return (folder / "sw.js").read_text(encoding="utf-8").splitlines()[0]

    listed = (demo / "sw.js").read_text(encoding="utf-8").splitlines()[1]
    names = set(json.loads(listed.removeprefix("const FILES = ").removesuffix(";")))
    files = {path.relative_to(demo).as_posix() for path in demo.rglob("*") if path.is_file()}
    assert names == {"./", *files} - {"sw.js"}
    build(tmp_path / "same", packages, "../index.html")
    assert version(tmp_path / "same") == version(demo)
    build(tmp_path / "other", packages)
    assert version(tmp_path / "other") != version(demo)


def test_no_page_or_module_names_an_address() -> None:
    for path in SOURCE.rglob("*"):
        if path.is_file():
            text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
            assert not re.search(r"https?:|//\w+\.\w", text), path
