"""Fetching is polite, stays on its host, and keeps what it has, whatever the server does."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import numpy as np
import pytest
from click.testing import CliRunner, Result

from collector import fetch as fetching
from collector.cli import main
from collector.dataset.store import read_records
from collector.fetch import FetchError, check_header, open_address, run, session
from collector.fetch.address import Address
from digitsolver import __version__
from digitsolver.io.images import encode_png

Reply = tuple[int, dict[str, str], bytes]
REASON = "my own site"
PNG = {"Content-Type": "image/png"}


def image(number: int) -> bytes:
    rng = np.random.default_rng(number)
    return encode_png(rng.integers(0, 256, (12, 40), dtype=np.uint8))


@dataclass
class Site:
    """Serve `replies`, the last one for ever, and remember what was asked."""

    replies: list[Reply | Callable[[BaseHTTPRequestHandler], None]]
    robots: Reply = (404, {}, b"")
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    url: str = ""

    @property
    def images_asked(self) -> int:
        return sum(path != "/robots.txt" for path, _ in self.asked)


def numbered(count: int) -> list[Reply | Callable[[BaseHTTPRequestHandler], None]]:
    return [(200, PNG, image(number)) for number in range(count)]


@contextmanager
def serving(site: Site) -> Iterator[Site]:
    """Serve a site from a port of its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            robots = self.path == "/robots.txt"
            index = min(site.images_asked, len(site.replies) - 1)
            site.asked.append((self.path, dict(self.headers)))
            reply = site.robots if robots else site.replies[index]
            if not isinstance(reply, tuple):
                reply(self)
                return
            status, headers, data = reply
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.url = f"http://127.0.0.1:{server.server_port}/captcha.php?size=2"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def site() -> Iterator[Site]:
    with serving(Site(numbered(50))) as one:
        yield one


@pytest.fixture
def elsewhere() -> Iterator[Site]:
    """Serve another site, which nobody may ask."""
    with serving(Site(numbered(50))) as one:
        yield one


@pytest.fixture(autouse=True)
def sleeps(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let no test wait: time goes on by what is slept."""
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    return slept


def go(site: Site, out: Path, count: int = 3, **more: object) -> fetching.Fetched:
    """Fetch without waiting; return the counts."""
    settings = {"authorised": REASON, "sleep": lambda _: None} | more
    *_, result = fetching.fetch(open_address(site.url), count, out, **settings)  # type: ignore[arg-type]
    return result


def command(*words: object) -> Result:
    return CliRunner().invoke(main, ["fetch", *map(str, words)])


def test_images_and_where_they_came_from_are_kept(site: Site, tmp_path: Path) -> None:
    result = go(site, tmp_path)
    assert (result.added, result.stopped) == (3, None)
    records = read_records(tmp_path)
    assert [(tmp_path / r.file).read_bytes() for r in records] == [image(n) for n in range(3)]
    assert {(r.source, r.original, r.label, r.authorised) for r in records} == {
        (site.url, "captcha.php", None, REASON)
    }
    path, headers = site.asked[-1]
    assert path == "/captcha.php?size=2"
    assert headers["User-Agent"].startswith(f"digitsolver-collector/{__version__} ")
    assert "Cookie" not in headers


def test_a_token_in_the_address_is_sent_but_not_written_down(site: Site, tmp_path: Path) -> None:
    address = open_address(f"{site.url}&access_token=s3cret&design=2&design=3")
    *_, result = fetching.fetch(address, 1, tmp_path, authorised=REASON, sleep=lambda _: None)
    assert result.added == 1
    assert site.asked[-1][0] == "/captcha.php?size=2&access_token=s3cret&design=2&design=3"
    (record,) = read_records(tmp_path)
    assert record.source == f"{site.url}&access_token=hidden&design=2&design=3"
    assert not any(b"s3cret" in file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())


def test_a_run_goes_on_where_it_stopped_and_asks_for_the_reason_once(
    site: Site, tmp_path: Path
) -> None:
    go(site, tmp_path, 2)
    result = go(site, tmp_path, 5, authorised=None)
    assert (result.present, result.added) == (2, 3)
    assert {record.authorised for record in read_records(tmp_path)} == {REASON}
    asked = len(site.asked)
    assert go(site, tmp_path, 5).added == 0
    assert len(site.asked) == asked


def test_without_a_reason_nothing_is_asked(site: Site, tmp_path: Path) -> None:
    result = command(site.url, "--count", 2, "--out", tmp_path)
    assert result.exit_code == 2
    assert "127.0.0.1: expected --i-am-authorised with the reason" in result.stderr
    assert site.asked == []


def test_robots_are_obeyed(site: Site, tmp_path: Path) -> None:
    site.robots = (200, {}, b"User-agent: *\nDisallow: /*.php$\nDisallow: /captcha*size\n")
    result = go(site, tmp_path)
    assert result.stopped == f"{site.url}: robots.txt does not allow that"
    assert site.images_asked == 0
    site.robots = (503, {}, b"")
    assert "expected the rules for robots, found 503" in str(go(site, tmp_path).stopped)


def paced(sent: list[float], robots: bytes, rate: float) -> session.Session:
    """Return a session whose time goes on by what it sleeps, and by 0.05 s for an answer."""
    now = [100.0]

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(now[0])
        now[0] += 0.05
        data = robots if request.url.path == "/robots.txt" else b"x"
        return httpx.Response(200, stream=httpx.ByteStream(data))

    def sleep(seconds: float) -> None:
        now[0] += seconds

    return session.Session(
        Address(httpx.URL("http://example.org/x"), "93.184.216.34"),
        rate=rate,
        sleep=sleep,
        clock=lambda: now[0],
        transport=httpx.MockTransport(answer),
    )


@pytest.mark.parametrize(
    ("robots", "times"),
    [
        (b"", [100, 100.25, 100.5]),
        (b"User-agent: digitsolver\nCrawl-delay: 7\n", [100, 107, 114]),
        (b"User-agent: *\nRequest-rate: 1/10\n", [100, 110, 120]),
    ],
)
def test_requests_keep_their_distance(robots: bytes, times: list[float]) -> None:
    sent: list[float] = []
    one = paced(sent, robots, rate=4.0)
    allowed = run._robots(one)
    for _ in range(2):
        one.get(one.address.url, allowed)
    one.close()
    assert sent == pytest.approx(times)


def test_a_rate_above_the_highest_is_refused(site: Site, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="rate: expected up to 5 a second, found 6"):
        go(site, tmp_path, 9, rate=6.0)


def test_one_wait_is_waited_and_the_next_ends_it(site: Site, tmp_path: Path) -> None:
    throttled: Reply = (429, {"Retry-After": "50"}, b"")
    site.replies = [*numbered(1), throttled, (200, PNG, image(1)), throttled]
    slept: list[float] = []
    result = go(site, tmp_path, 9, sleep=slept.append)
    assert result.added == 2
    assert result.stopped == f"{site.url}: expected status 200, found 429, the second time"
    assert slept.count(50.0) == 1
    assert site.images_asked == 4


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        ((429, {"Retry-After": "61"}, b""), "the host asks to wait 61 s (status 429)"),
        ((429, {}, b""), "expected status 200, found 429"),
        ((403, PNG, b""), "expected status 200, found 403"),
        ((500, PNG, b""), "expected status 200, found 500"),
        ((200, {"Content-Type": "text/html"}, b"<p>"), "expected image/png, found text/html"),
        ((200, {"Content-Type": "image/gif"}, b"GIF"), "expected image/png, found image/gif"),
        ((200, PNG, b"<p>"), "expected an image (PNG"),
        ((200, PNG | {"Content-Encoding": "gzip"}, b"x"), "expected an answer that is not packed"),
        ((302, {"Location": "http://example.org/x.png"}, b""), "expected the same host after a"),
        ((302, {"Location": "http://127.0.0.1:1/x.png"}, b""), "expected the same host after a"),
        ((302, {"Location": "file:///etc/passwd"}, b""), "expected the same host after a"),
        ((302, {"Location": "//127.0.0.2/x.png"}, b""), "expected the same host after a"),
        ((302, {"Location": "/captcha.php"}, b""), "expected at most 5 redirects"),
        ((200, PNG, bytes(5 * 2**20)), "expected at most 4,194,304 bytes, found more"),
    ],
)
def test_it_stops_at_the_first_sign(site: Site, tmp_path: Path, reply: Reply, message: str) -> None:
    site.replies = [*numbered(1), reply]
    result = go(site, tmp_path, 9)
    assert message in str(result.stopped)
    assert len(read_records(tmp_path)) == 1
    assert site.images_asked == (6 if "redirects" in message else 2)


def test_a_redirect_on_the_same_host_is_followed(site: Site, tmp_path: Path) -> None:
    site.replies = [(302, {"Location": "/new.png"}, b""), (200, PNG, image(0))]
    assert go(site, tmp_path, 1).added == 1
    assert [path for path, _ in site.asked][-1] == "/new.png"
    assert [record.source for record in read_records(tmp_path)] == [site.url]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.1.nip.example", "[::1]"])
def test_no_redirect_leads_to_another_host_or_port(
    site: Site, elsewhere: Site, tmp_path: Path, host: str
) -> None:
    other = elsewhere.url.replace("127.0.0.1", host)
    for number, target in enumerate((other, other.replace("http://", "//"))):
        site.replies = [(302, {"Location": target}, b"")]
        assert "expected the same host after a redirect" in str(go(site, tmp_path).stopped)
        assert site.images_asked == number + 1
    assert elsewhere.asked == []
    assert read_records(tmp_path) == []


def test_a_redirect_of_the_rules_for_robots_leads_nowhere_else(
    site: Site, elsewhere: Site, tmp_path: Path
) -> None:
    site.robots = (301, {"Location": elsewhere.url}, b"")
    assert "expected the same host after a redirect" in str(go(site, tmp_path).stopped)
    assert (site.images_asked, elsewhere.asked) == (0, [])


def test_a_gigabyte_is_not_read(site: Site, tmp_path: Path) -> None:
    sent = [0]

    def give(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "image/png")
        handler.send_header("Content-Length", str(2**30))
        handler.end_headers()
        with suppress(OSError):
            while sent[0] < 2**30:
                sent[0] += handler.wfile.write(bytes(2**20))
        handler.close_connection = True

    site.replies = [*numbered(1), give]
    result = command(site.url, "--count", 3, "--out", tmp_path, "--i-am-authorised", REASON)
    assert result.exit_code == 1
    last = f"{site.url}: expected at most 4,194,304 bytes, found more"
    assert result.stderr.splitlines()[-1] == last
    assert sent[0] < 2**26  # what the system holds ready, too
    assert [(tmp_path / one.file).read_bytes() for one in read_records(tmp_path)] == [image(0)]


def endless(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Type", "image/png")
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(bytes(2**16))
    except OSError:
        handler.close_connection = True


def test_data_without_end_is_cut_off(site: Site, tmp_path: Path) -> None:
    site.replies = [*numbered(1), endless]
    assert "expected at most 4,194,304 bytes" in str(go(site, tmp_path, 3).stopped)
    assert len(read_records(tmp_path)) == 1


def test_a_server_that_hangs_is_left(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "TIMEOUT", 0.1)
    over = threading.Event()

    def hang(_: BaseHTTPRequestHandler) -> None:
        over.wait(20)

    site.replies = [*numbered(1), hang]
    try:
        result = go(site, tmp_path, 3)
    finally:
        over.set()
    assert "expected an answer, found no answer in time, 3 times" in str(result.stopped)
    assert site.images_asked == 4
    assert len(read_records(tmp_path)) == 1


@pytest.mark.parametrize("what", ["status", "header", "body"])
def test_a_server_that_drips_is_left(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr(session, "LONGEST_ANSWER", 0.5)
    over = threading.Event()
    start = {"status": b"", "header": b"HTTP/1.1 200 OK\r\nX-", "body": b"HTTP/1.1 200 OK\r\n\r\n"}

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        with suppress(OSError):
            handler.wfile.write(start[what])
            while not over.wait(0.01):
                handler.wfile.write(b"H")

    site.replies = [drip]
    try:
        result = go(site, tmp_path)
    finally:
        over.set()
    assert "expected an answer within 0.5 s" in str(result.stopped)
    assert read_records(tmp_path) == []


def test_nothing_new_for_long_is_a_reason_to_stop(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "SAME_AT_MOST", 3)
    site.replies = numbered(2)
    result = go(site, tmp_path, 9)
    assert (result.added, result.duplicates) == (2, 3)
    assert "3 images in a row were there already" in str(result.stopped)


def test_cookies_are_sent_back_only_where_asked(site: Site, tmp_path: Path) -> None:
    site.replies = [(200, PNG | {"Set-Cookie": "s=1; Path=/"}, image(n)) for n in range(9)]
    go(site, tmp_path, 2)
    assert "Cookie" not in site.asked[-1][1]
    go(site, tmp_path, 4, keep_cookies=True)
    assert site.asked[-1][1]["Cookie"] == "s=1"


def test_ctrl_c_loses_nothing(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(_: float) -> None:
        if site.images_asked == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", stop)
    words = (site.url, "--count", 9, "--out", tmp_path, "--i-am-authorised", REASON)
    result = command(*words)
    assert result.exit_code == 1
    assert "2 images fetched" in result.stderr
    assert "interrupted: the same command continues" in result.stderr
    assert len(read_records(tmp_path)) == 2


def test_the_command_says_what_it_did(site: Site, tmp_path: Path) -> None:
    words = ("--out", tmp_path, "--i-am-authorised", REASON, "--rate", 5, "--header", "X-A: b")
    result = command(site.url, "--count", 2, "--json", *words)
    assert result.exit_code == 0, result.stderr
    counts = json.loads(result.stdout)
    assert (counts["added"], counts["present"], counts["stopped"]) == (2, 0, None)
    assert site.asked[-1][1]["X-A"] == "b"
    site.replies = [(403, {}, b"")]
    result = command(site.url, "--count", 3, *words)
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1] == f"{site.url}: expected status 200, found 403"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["ftp://127.0.0.1/x"], "expected an address that begins http:// or https://"),
        (["file:///etc/passwd"], "expected an address that begins http:// or https://"),
        (["http://ann:secret@127.0.0.1/x"], "expected no name and password in the address"),
        (["http://127.0.0.1/x", "--rate", "6"], "6.0 is not in the range"),
        (["http://127.0.0.1/x", "--header", "Host: x"], "the header Host cannot be set"),
        (["http://127.0.0.1/x", "--header", "a\nb: c"], "expected a header such as"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, words: list[str], message: str) -> None:
    result = command(*words, "--count", 1, "--out", tmp_path, "--i-am-authorised", REASON)
    assert result.exit_code in {1, 2}
    assert message in result.stderr
    assert "secret" not in result.stderr


@pytest.mark.parametrize(
    "number", ["10.0.0.1", "127.0.0.1", "169.254.169.254", "::1", "::ffff:10.0.0.1"]
)
def test_a_private_address_must_be_named(number: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(2, 1, 6, "", (number, 80))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: found)
    with pytest.raises(FetchError, match="expected a public host, found the private address"):
        open_address("http://example.org/x.png")
    assert open_address("http://example.org/x.png", allow_private=True).number == number
    assert open_address("http://localhost/x.png").number == number


def test_of_two_numbers_the_shorter_kind_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(10, 1, 6, "", ("2606:2800:21f::1", 80)), (2, 1, 6, "", ("93.184.216.34", 80))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: found)
    assert open_address("http://example.org/x.png").number == "93.184.216.34"


def test_requests_go_to_the_number_that_was_looked_up() -> None:
    one = Address(httpx.URL("https://example.org/x.png"), "93.184.216.34")
    assert str(one.goes_to(one.url)) == "https://93.184.216.34/x.png"
    assert one.host == "example.org"
    start = httpx.URL("http://example.org/x.png")
    assert one.follow("https://example.org/y", start) == "https://example.org/y"
    with pytest.raises(FetchError, match="expected the same host"):
        one.follow("http://example.org/y", one.url)


def test_headers_are_checked() -> None:
    assert check_header("Cookie: a=b") == ("Cookie", "a=b")
    for text in ("User-Agent: x", "no header", "A: é"):
        with pytest.raises(ValueError, match="header"):
            check_header(text)


def test_without_the_extra_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    result = command("http://127.0.0.1/x", "--count", 1, "--out", tmp_path)
    assert result.exit_code == 1
    assert "expected the package httpx, found none; install it with: pip install" in result.stderr


@pytest.mark.parametrize(
    "number",
    ["64:ff9b::7f00:1", "2002:7f00:1::", "2001:0:7f00:1::", "224.0.0.1", "ff02::1", "0.0.0.1"],
)
def test_numbers_that_lead_to_private_ones(number: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(2, 1, 6, "", (number, 80))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: found)
    with pytest.raises(FetchError, match="expected a public host, found the private address"):
        open_address("http://example.org/x.png")


@pytest.mark.parametrize("number", ["::ffff:93.184.216.34", "64:ff9b::5db8:d822"])
def test_numbers_that_lead_to_public_ones(number: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(2, 1, 6, "", (number, 80))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: found)
    assert open_address("http://example.org/x.png").number == number


@pytest.mark.parametrize("host", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1"])
def test_other_ways_to_write_a_private_number_do_not_name_it(host: str) -> None:
    with pytest.raises(FetchError, match=r"expected (a public host|a host|an address)"):
        open_address(f"http://{host}/x.png")


def test_a_name_and_password_in_a_redirect_are_not_kept() -> None:
    one = Address(httpx.URL("https://example.org/x.png"), "93.184.216.34")
    with pytest.raises(FetchError, match="expected a redirect without a name and password"):
        one.follow("https://me:secret@example.org/y", one.url)


def test_an_address_that_is_not_utf8_is_refused() -> None:
    with pytest.raises(FetchError, match="expected an address"):
        open_address("http://\udcff.example/")
