"""Prove the images of docker/ without a Docker daemon.

A bare Debian with the Python that the Dockerfiles name stands in for `python:X-slim`, which has
the same layout. In it every step of each Dockerfile runs, as written there. Then a container of
the image is started the way compose.yaml starts it: another user than root, without capabilities
and new privileges, nothing that can be written but /tmp, no network but loopback. The service has
to be healthy by its own HEALTHCHECK, read a captcha, and stop when told to; the training image
has to train a bundle.

    python tools/check_containers.py --only serve

It needs root and the programs that tools/bare_root.py names; it says so where they are missing
and exits with status 3.
"""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tools.bare_root import Inside, Process, make_root, missing, start
from tools.build_image import Builder, Image
from tools.dockerfile import read_dockerfile

ROOT = Path(__file__).parents[1]
SKIPPED = 3
PORT = 8000
READY_SECONDS = 60
STOP_SECONDS = 40
CAPTCHAS = ROOT / "captchas" / "plain"
NOT_WRITTEN = "import sys\ntry: open('/opt/found', 'w')\nexcept OSError as e: print(e.strerror)"
POST = (
    "import sys, urllib.request as web\n"
    f"asked = web.Request('http://127.0.0.1:{PORT}/v1/solve', data=sys.stdin.buffer.read(), "
    "headers={'Content-Type': 'image/png'})\n"
    "print(web.urlopen(asked, timeout=30).read().decode())"
)


def main() -> None:
    """Build and try the images."""
    options = _options()
    if why := missing():
        print(f"containers not checked: {why}")
        sys.exit(SKIPPED)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # cleans up
    with tempfile.TemporaryDirectory(prefix="digitsolver-images-") as folder:
        work = options.work or Path(folder)
        for name in options.only:
            image = build(ROOT / f"docker/{name}.Dockerfile", work, options.caches)
            CHECKS[name](image)
            print(f"{name}: all right", flush=True)


def build(path: Path, work: Path, caches: Path) -> Image:
    """Run the steps of the Dockerfile `path` and return the image, with bases kept in `work`."""
    began = time.monotonic()
    stages = read_dockerfile(path)
    outside = {stage.base for stage in stages} - {stage.name for stage in stages}
    bases = {base: work / base.replace(":", "-") for base in outside}
    for base, root in bases.items():
        if root.exists():
            continue
        if not (found := re.fullmatch(r"python:(\d\.\d+)-slim", base)):
            raise ValueError(f"{path}: expected FROM python:X-slim, found {base}")
        make_root(root, found[1])
        print(f"{base}: a bare Debian in {time.monotonic() - began:.0f} s", flush=True)
    began = time.monotonic()
    image = Builder(ROOT, bases, work / path.stem, caches).build(stages)
    size = sum(entry.lstat().st_size for entry in (image.root / "opt").rglob("*"))
    seconds = time.monotonic() - began
    print(f"{path.name}: built in {seconds:.0f} s, /opt has {size / 2**20:.0f} MiB", flush=True)
    return image


def check_serve(image: Image) -> None:
    """Start the service, ask it for its health and for a reading, and stop it."""
    command = image.container().command([*image.entrypoint, *image.command])
    refused = subprocess.run(command, capture_output=True, text=True, check=False)
    _require(refused.returncode == 2, f"without a key: expected status 2, found {refused}")
    began = time.monotonic()
    with start(image.container(), [*image.entrypoint, "--no-key"]) as container:
        _wait_until_healthy(container, image.health)
        print(f"serve: healthy after {time.monotonic() - began:.1f} s", flush=True)
        _require_unprivileged(container)
        path, label = _captcha()
        answer = json.loads(container.run(["python", "-c", POST], data=path.read_bytes()))
        _require(answer["text"] == label, f"{path.name}: expected {label}, found {answer}")
        status = container.stop(STOP_SECONDS)
        _require(status == 0, f"told to stop: expected status 0, found {status}")


def check_train(image: Image) -> None:
    """Train a small network on a few captchas in a folder that is mounted."""
    with tempfile.TemporaryDirectory(prefix="digitsolver-data-") as folder:
        data = Path(folder)
        shutil.copytree(CAPTCHAS, data / "captchas")
        for path in [data, *data.rglob("*")]:
            os.chown(path, *(int(number) for number in image.user.split(":")))
        container: Inside = image.container({data: "/data"})
        small = ["--epochs", "1", "--labels", "20", "--style", "plain", "--reader", "digits"]
        began = time.monotonic()
        container.run(["digitsolver", "train", "captchas", "--out", "model", *small])
        container.run(["digitsolver", "info", "model"])
        print(f"train: a bundle in {time.monotonic() - began:.0f} s", flush=True)


CHECKS = {"serve": check_serve, "train": check_train}


def _wait_until_healthy(container: Process, health: list[str]) -> None:
    end = time.monotonic() + READY_SECONDS
    while (
        asked := subprocess.run(container.command(health), capture_output=True, check=False)
    ).returncode:
        said = asked.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        _require(not container.ended, "expected a service that runs, found one that ended")
        _require(time.monotonic() < end, f"expected health in {READY_SECONDS} s, found {said}")
        time.sleep(0.5)


def _require_unprivileged(container: Process) -> None:
    status = container.status()
    users = status["Uid"].split() + status["Gid"].split()
    _require("0" not in users, f"expected no root, found the users and groups {users}")
    for name in ("CapEff", "CapPrm", "CapBnd"):
        _require(int(status[name], 16) == 0, f"expected no capability, found {name} {status[name]}")
    _require(status["NoNewPrivs"] == "1", "expected no new privileges")
    said = container.run(["python", "-c", NOT_WRITTEN]).decode().strip()
    _require(said == "Read-only file system", f"expected a root that is read-only, found {said!r}")


def _captcha() -> tuple[Path, str]:
    path = min(CAPTCHAS.glob("*.png"))
    return path, path.stem.rpartition("-")[2]


def _require(held: bool, message: str) -> None:
    if not held:
        raise SystemExit(f"containers: {message}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--only", nargs="+", choices=CHECKS, default=list(CHECKS))
    caches = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    parser.add_argument("--caches", type=Path, default=caches, help="where builds keep downloads")
    parser.add_argument("--work", type=Path, help="a folder that keeps the images and the bases")
    return parser.parse_args()


if __name__ == "__main__":
    main()
