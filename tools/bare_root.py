"""Make a bare Debian in a folder, and run commands in it as a container would.

A folder of its own as root, process numbers of its own, and, where asked for, no network but
loopback, nothing that can be written, another user without any capability. That is what an image
of a container meets, without a daemon. It takes root, `mmdebstrap` and the programs of util-linux
and iproute2.
"""

import os
import re
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

NEEDED = ("mmdebstrap", "unshare", "nsenter", "chroot", "mount", "ip")
SUITES = {"3.11": "bookworm", "3.13": "trixie", "3.14": "forky"}
"""The Debian release that has each Python."""
PACKAGES = "ca-certificates,python3,python3-pip,python3-venv"
PATHS = {"PATH": "/usr/local/bin:/usr/bin:/bin"}
"""What the image of Python begins with."""
SHARED = ("/etc/resolv.conf", "/etc/ssl/certs", "/etc/pip.conf", "/etc/xdg/pip")
"""What a build has from its machine: how to reach the registries."""
NETWORK_VARIABLES = (
    *("PIP_CERT", "PIP_INDEX_URL", "PIP_DEFAULT_TIMEOUT", "SSL_CERT_FILE"),
    *("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"),
)


@dataclass(frozen=True)
class Inside:
    """How a command is run in a root folder.

    Without a `user` as root. `binds` are folders or files of this machine and where they appear.
    """

    root: Path
    environment: Mapping[str, str] = field(default_factory=lambda: dict(PATHS))
    folder: str = "/"
    user: tuple[int, int] | None = None
    binds: Mapping[Path, str] = field(default_factory=dict)
    read_only: bool = False
    network: bool = True

    def command(self, words: list[str]) -> list[str]:
        """Return the command of this machine that runs `words` inside."""
        spaces = ["--mount", "--pid", "--ipc", *([] if self.network else ["--net"])]
        script = "\n".join([*self._mounts(), f"exec {shlex.join(self._entered(words))}"])
        return ["unshare", *spaces, "--fork", "--kill-child", "sh", "-euc", script]

    def run(self, words: list[str], *, data: bytes = b"") -> bytes:
        """Run `words` inside to their end and return what they print."""
        return _output(self.command(words), data)

    def words(self, words: list[str]) -> list[str]:
        """Return `words` as the user, in the folder and with the environment, once inside."""
        drop: list[str] = []
        if self.user:
            ids = [f"--reuid={self.user[0]}", f"--regid={self.user[1]}", "--clear-groups"]
            drop = ["setpriv", *ids, "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"]
        environment = [f"{name}={value}" for name, value in self.environment.items()]
        return [*drop, "env", "-i", f"--chdir={self.folder}", *environment, *words]

    def _entered(self, words: list[str]) -> list[str]:
        return ["chroot", str(self.root), *self.words(words)]

    def _mounts(self) -> Iterator[str]:
        root = shlex.quote(str(self.root))
        yield f"mount --bind {root} {root}"
        yield f"mount -t proc proc {root}/proc"
        yield f"mount -t sysfs -o ro sysfs {root}/sys"
        for name in ("dev/shm", "tmp"):
            yield f"mount -t tmpfs tmpfs {root}/{name}"
        for source, target in self.binds.items():
            place = shlex.quote(str(self.root / target.lstrip("/")))
            made = f"mkdir -p {place}"
            if not source.is_dir():
                made = f"mkdir -p $(dirname {place}) && touch {place}"
            yield f"{made} && mount --bind {shlex.quote(str(source))} {place}"
        if self.read_only:
            yield f"mount -o remount,bind,ro {root}"
        if not self.network:
            yield "ip link set lo up"


class Process:
    """A command that goes on running inside, and what can be done with it."""

    def __init__(self, inside: Inside, running: subprocess.Popen[bytes]) -> None:
        """Find the number of the command itself; `running` is the program that started it."""
        self.inside = inside
        self._running = running
        children = Path(f"/proc/{running.pid}/task/{running.pid}/children")
        for _ in range(100):
            if found := children.read_text(encoding="utf-8").split():
                break
            time.sleep(0.05)
        self.pid = int(found[0])

    def command(self, words: list[str]) -> list[str]:
        """Return the command that runs `words` beside it, as ``docker exec`` does."""
        into = ["nsenter", f"--target={self.pid}", "--mount", "--pid", "--ipc", "--net", "--root"]
        return [*into, *self.inside.words(words)]

    def run(self, words: list[str], *, data: bytes = b"") -> bytes:
        """Run `words` beside it to their end and return what they print."""
        return _output(self.command(words), data)

    def status(self) -> dict[str, str]:
        """Return what the kernel says of its user and its rights."""
        text = Path(f"/proc/{self.pid}/status").read_text(encoding="utf-8")
        return {key: value.strip() for key, value in re.findall(r"(\w+):(.*)", text)}

    def stop(self, seconds: float) -> int:
        """Tell it to stop, as ``docker stop`` does, and return its exit status."""
        os.kill(self.pid, signal.SIGTERM)
        return self._running.wait(seconds)

    @property
    def ended(self) -> bool:
        """Whether it ended by itself."""
        return self._running.poll() is not None


@contextmanager
def start(inside: Inside, words: list[str]) -> Iterator[Process]:
    """Start `words` inside; at the end of the context whatever still runs is killed."""
    running = subprocess.Popen(inside.command(words))
    try:
        yield Process(inside, running)
    finally:
        running.kill()
        running.wait()


def missing() -> str | None:
    """Return why no bare root can be made on this machine, or None."""
    if os.geteuid() != 0:
        return "expected to run as root, found another user"
    if absent := [name for name in NEEDED if shutil.which(name) is None]:
        return f"expected the programs {', '.join(NEEDED)}, found no {', '.join(absent)}"
    return None


def make_root(root: Path, python: str) -> None:
    """Make a bare Debian with the release `python`, as ``python:X-slim`` has it, in `root`."""
    if python not in SUITES:
        raise ValueError(f"Python {python}: expected one of {', '.join(SUITES)}")
    # A mirror may be older than its index promises: the signature is checked all the same.
    lenient = '--aptopt=Acquire::Check-Valid-Until "false"'
    quick = "--dpkgopt=force-unsafe-io"
    options = ["--quiet", "--variant=minbase", lenient, quick, f"--include={PACKAGES}"]
    _output(["mmdebstrap", *options, SUITES[python], str(root)], b"")
    for name in ("python", "pip"):
        (root / "usr/local/bin" / name).symlink_to(f"/usr/bin/{name.replace('python', 'python3')}")
    found = Inside(root).run(["python", "--version"]).decode().strip()
    if not found.startswith(f"Python {python}."):
        raise ValueError(f"{SUITES[python]}: expected Python {python}, found {found}")


def network_of_this_machine() -> tuple[dict[str, str], dict[Path, str]]:
    """Return the variables and the binds with which pip reaches its registry from inside."""
    variables = {name: os.environ[name] for name in NETWORK_VARIABLES if name in os.environ}
    return variables, {Path(path): path for path in SHARED if Path(path).exists()}


def _output(command: list[str], data: bytes) -> bytes:
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout
