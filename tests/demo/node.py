"""Call the modules of the demo in Node.js."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

NODE = shutil.which("node")
BRIDGE = Path(__file__).with_name("bridge.js")


@dataclass(frozen=True)
class Node:
    """A running Node.js that has the modules of the demo."""

    process: "subprocess.Popen[str]"

    def run(self, code: str, *args: object) -> Any:
        """Return what the body of a function of `args` returns; errors are ``RuntimeError``."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps({"code": code, "args": args}) + "\n")
        self.process.stdin.flush()
        said = json.loads(self.process.stdout.readline())
        if "error" in said:
            raise RuntimeError(said["error"])
        return said["result"]

    def call(self, place: str, *args: object) -> Any:
        """Return what a function returns, named as ``module.js function``."""
        module, name = place.split()
        return self.run(f"return (await load('{module}')).{name}(...args)", *args)

    def image(self, place: str, *args: object) -> NDArray[np.uint8]:
        """Return the image that a function returns."""
        return from_js(self.call(place, *args))


@contextmanager
def node(folder: Path) -> Iterator[Node]:
    """Run Node.js with the modules in `folder`."""
    assert NODE
    for path in (folder, folder.parent):  # plain .js files are modules
        (path / "package.json").write_text('{"type": "module"}', encoding="utf-8")
    bridge = shutil.copy(BRIDGE, folder.parent)
    with subprocess.Popen(
        [NODE, bridge, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Node(process)
        finally:
            process.kill()


def to_js(image: NDArray[np.uint8]) -> dict[str, object]:
    """Return an image as the modules take it."""
    rows, columns = image.shape[:2]
    channels = 1 if image.ndim == 2 else image.shape[2]
    return {"rows": rows, "columns": columns, "channels": channels, "data": image.ravel().tolist()}


def from_js(image: dict[str, Any]) -> NDArray[np.uint8]:
    """Return an image of the modules as an array."""
    shape = (image["rows"], image["columns"], image["channels"])
    array = np.array(image["data"], np.uint8).reshape(shape)
    return array[:, :, 0] if shape[2] == 1 else array
