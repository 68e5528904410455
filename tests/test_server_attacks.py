"""What strangers send: each is refused with a sentence, and the next request is served as if nothing had been."""

from __future__ import annotations

import contextlib
import io
import re
import select
import signal
import socket
import struct
import sys
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import numpy as np
import pytest
from PIL import Image

from digit_recognizer import Recognizer
from digit_recognizer.decoding import own_decoders
from digit_recognizer.errors import ImageError
from digit_recognizer.server.tokens import add_token, digest_of
from digit_recognizer.server.uploads import Upload
from digit_recognizer.server.work import Reading
from helpers_cli import digits, is_complaint
from platforms import posix
from server_process import PATIENCE, Answer, Server, answered, as_png, commanded, form, running, seven

SEVEN = as_png(seven())
LIMITS: dict[str, float] = {
    **{"header_seconds": 1.0, "body_seconds": 1.5, "send_seconds": 1.0, "linger_seconds": 0.5},
    **{"body": 16 * 2**20, "requests": 8, "connections": 40, "photos": 2},
}
POST = b"POST /v1/predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"
GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n"


@pytest.fixture(scope="module")
def only_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("server"), **LIMITS) as started:
        yield started


@pytest.fixture
def server(only_server: Server) -> Iterator[Server]:
    """The server, which afterwards still answers."""
    yield only_server
    assert only_server.post("/v1/predict", SEVEN).json["predictions"][0]["label"] == 7


def is_problem(answer: Answer, status: int, *words: str) -> None:
    """A sentence, and nothing of the server's inside."""
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json"), answer
    assert answer.json["status"] == status
    for word in words:
        assert word in answer.json["detail"], answer.body
    assert not any(inside in answer.body for inside in (b"Traceback", b"site-packages", b".py", b"/work", b"/home"))


def gif(frames: int) -> bytes:
    """A 7 that blinks, the same two frames again and again."""
    content = io.BytesIO()
    blank = Image.new("L", seven().size, 250)
    seven().save(content, "GIF", save_all=True, append_images=[blank, seven()], duration=20)
    whole = content.getvalue()
    first, second = (found.start() for found in list(re.finditer(rb"\x21\xf9\x04", whole))[:2])
    assert first < second
    return whole[:second] + whole[second:-1] * (frames // 2) + whole[-1:]


def bomb() -> bytes:
    """A PNG of a few bytes that claims 20,000 x 20,000 pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", 20_000, 20_000, 1, 0, 0, 0, 0)
    body = zlib.compress(b"\0" * 20_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def jpeg() -> bytes:
    content = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (60, 80), np.uint8)).save(content, "JPEG")
    return content.getvalue()


@pytest.mark.parametrize("path", ["/v1/predict", "/v1/read", "/v1/read?grid=auto", "/v1/explain"])
@pytest.mark.parametrize(
    ("content", "status", "word"),
    [
        (b"", 422, "empty"),
        (b"<html><script>alert(1)</script></html>", 415, "no"),
        (bomb(), 413, "pixels"),
        (jpeg()[:900], 422, "truncated"),
        (b"%PDF-1.4 ...", 415, "PDF"),
        (b"\x89PNG\r\n\x1a\n", 415, "not a picture"),
        (SEVEN[:60], 422, "damaged"),
    ],
)
def test_what_is_no_picture(server: Server, path: str, content: bytes, status: int, word: str) -> None:
    is_problem(server.post(path, content), status, word)
    body, kind = form(("three.png", content))
    if content:
        is_problem(server.post(path, body, kind), status, word)


@pytest.mark.parametrize("kind", ["text/html", "application/x-www-form-urlencoded", "x", "image"])
def test_what_says_to_be_no_picture(server: Server, kind: str) -> None:
    is_problem(server.post("/v1/predict", b'{"image": NaN, "url": "http://localhost/x.png"}', kind), 415)


def test_an_animation_of_10_000_frames_is_its_first(server: Server) -> None:
    content = gif(10_000)
    assert len(content) > 500_000
    with Image.open(io.BytesIO(gif(100))) as image:
        assert image.n_frames > 100  # type: ignore[attr-defined]
    assert server.post("/v1/predict", content, "image/gif").json["predictions"][0]["label"] == 7


def test_forms_are_bounded(server: Server) -> None:
    is_problem(server.post("/v1/predict", *form(*[("x.png", b"")] * 100_000)), 413, "64 pictures")
    is_problem(server.post("/v1/predict", *form(*[(None, b"x")] * 50)), 422, "file name")
    is_problem(server.post("/v1/predict", *form((None, SEVEN))), 422, "file name")
    is_problem(server.post("/v1/predict", *form()), 422)
    body, kind = form(("x.png", SEVEN))
    for end in (10, 100, len(body) - 20):
        is_problem(server.post("/v1/predict", body[:-end], kind), 422, "truncated")
    is_problem(server.post("/v1/predict", body, "multipart/form-data"), 422)
    many_fields = body.replace(b"\r\n\r\n", b"\r\n" + b"X: y\r\n" * 100_000 + b"\r\n", 1)
    is_problem(server.post("/v1/predict", many_fields, kind), 422)
    is_problem(server.post("/v1/explain", *form(("a.png", SEVEN), ("b.png", SEVEN))), 413, "1 picture")


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "a\0b.png", "<script>alert(1)</script>.png", "\u202egnp.png", "x" * 5000, "C:\\x.png"]
)
def test_a_file_name_is_a_word_and_no_more(server: Server, name: str) -> None:
    answer = server.post("/v1/predict", *form((name, SEVEN)))
    if len(name) > 4000:
        is_problem(answer, 422)
        return
    assert b"<" not in answer.body
    (found,) = answer.json["predictions"]
    assert found["label"] == 7
    assert found["source"].isprintable()
    assert len(found["source"]) <= 1000


@pytest.mark.parametrize("path", ["/page/../../../etc/passwd", "/page/%2e%2e/%2e%2e/serving.py", "/page/%00", "//etc"])
def test_paths_are_looked_up_nowhere(server: Server, path: str) -> None:
    is_problem(server.raw(b"GET " + path.encode() + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"), 404)


def test_a_length_that_lies(server: Server) -> None:
    is_problem(server.raw(POST + b"Content-Length: 99999999999\r\n\r\n"), 413, "16 MiB")
    is_problem(server.raw(POST + b"Content-Length: 1000\r\n\r\n", SEVEN[:10]), 408)
    for stated in (b"-1", b"NaN", b"9" * 400, b"0x10", b"1, 2"):
        is_problem(server.raw(POST + b"Content-Length: " + stated + b"\r\n\r\n" + SEVEN), 400, "Malformed HTTP")
    short = POST + b"Content-Length: %d\r\n\r\n" % len(SEVEN) + SEVEN + b"rubbish\r\n\r\n"
    is_problem(server.raw(short), 400, "Malformed HTTP")  # what follows is no request
    is_problem(server.raw(POST + b"\r\n"), 422, "empty")  # none stated: no body
    smuggled = POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    assert server.raw(smuggled).status in (400, 422)


def test_endless_chunks_are_cut_off(tmp_path: Path) -> None:
    with running(tmp_path, body=200_000) as server, server.connect() as client:
        client.sendall(POST + b"Transfer-Encoding: chunked\r\n\r\n")
        with contextlib.suppress(ConnectionError):
            while not has_answer(client):
                client.sendall(b"10000\r\n" + bytes(65536) + b"\r\n")
        is_problem(answered(client), 413)


def has_answer(client: socket.socket) -> bool:
    """Whether something has come by now."""
    return bool(select.select([client], [], [], 0)[0])


def trickled(server: Server, start: bytes, piece: bytes) -> Answer | None:
    """What a client gets that sends a piece each fifth of a second; one that is never cut off fails the test."""
    began = time.monotonic()
    with server.connect() as client:
        client.sendall(start)
        while time.monotonic() - began < PATIENCE:
            time.sleep(0.2)
            if has_answer(client):
                return answered(client)
            try:
                client.sendall(piece)
            except ConnectionError:
                return None
    pytest.fail("nobody cut it off")


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        (b"P", b""),
        (b"POST /v1/predict HTTP/1.1\r\n", b"X"),
        (POST, b"X-Y: z\r\n"),
        (POST + b"Content-Length: 1000000\r\n\r\n", b"x"),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    ],
)
def test_a_slow_sender_is_cut_off(server: Server, start: bytes, piece: bytes) -> None:
    answer = trickled(server, start, piece)
    assert answer is not None
    is_problem(answer, 408)


def test_a_connection_that_never_speaks_is_closed(server: Server) -> None:
    with server.connect() as client:
        assert client.recv(1) == b""
    with server.connect() as client:  # nor one that stops speaking
        client.sendall(GET + b"\r\n")
        assert answered(client).status == 200
        client.sendall(b"GET /")
        is_problem(answered(client), 408)


def test_a_body_sent_on_after_the_answer_is_cut_off(server: Server) -> None:
    answer = trickled(server, GET + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n")
    assert answer is not None
    is_problem(answer, 408)


def test_headers_are_bounded(server: Server) -> None:
    is_problem(server.raw(GET + b"X: " + b"y" * 30_000 + b"\r\n\r\n"), 431)
    is_problem(server.raw(GET + b"X: y\r\n" * 1_000 + b"\r\n"), 431)
    is_problem(server.raw(b"GET /" + b"y" * 30_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"), 431)
    is_problem(server.raw(GET, *[b"X: " + b"y" * 9_000 + b"\r\n"] * 4, pause=0.1), 431)


@pytest.mark.parametrize("junk", [b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03" + bytes(200), b"\0" * 50, b"GET\r\n\r\n"])
def test_what_is_no_http(server: Server, junk: bytes) -> None:
    is_problem(server.raw(junk), 400, "Malformed HTTP")


@pytest.mark.parametrize("host", [b"evil.example", b"localhost.evil.example:80", b"", b"10.0.0.1", b"localhost@x"])
def test_another_name_is_refused(server: Server, host: bytes) -> None:
    is_problem(server.raw(b"GET / HTTP/1.1\r\nHost: " + host + b"\r\n\r\n"), 421, "Host")


def test_no_name_and_two_are_refused(server: Server) -> None:
    is_problem(server.raw(b"GET / HTTP/1.0\r\n\r\n"), 421)
    is_problem(server.raw(b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n"), 421)
    for host in (b"localhost", b"LOCALHOST:80", b"127.0.0.1:1", b"[::1]:8000"):
        assert server.raw(b"GET / HTTP/1.1\r\nHost: " + host + b"\r\n\r\n").status == 200


def test_another_sites_page_may_not_post(server: Server) -> None:
    for headers in (
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": server.address + ".evil.example"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
    ):
        is_problem(server.post("/v1/predict", SEVEN, **headers), 403)
    own = server.post("/v1/predict", SEVEN, origin=server.address, sec_fetch_site="same-origin")
    assert own.status == 200
    assert not any("access-control" in name for name in own.headers)


def test_overload_is_said_at_once_and_passes(server: Server) -> None:
    until = time.monotonic() + PATIENCE
    while (answer := beside_as_many_as_are_served(server)).status != 503:  # a busy machine may not have begun with all
        assert time.monotonic() < until
    is_problem(answer, 503)
    assert answer.headers["retry-after"] == "1"


def beside_as_many_as_are_served(server: Server) -> Answer:
    """What a request gets while as many as are served at once wait for their bodies."""
    with contextlib.ExitStack() as open_ones:
        for _ in range(int(LIMITS["requests"])):
            client = open_ones.enter_context(server.connect())
            client.sendall(POST + b"Content-Length: 1000\r\n\r\n")
        time.sleep(0.3)
        return server.post("/v1/predict", SEVEN)


def test_too_many_connections_are_refused(server: Server) -> None:
    with contextlib.ExitStack() as open_ones:
        for _ in range(int(LIMITS["connections"])):
            open_ones.enter_context(server.connect())
        is_problem(server.raw(), 503, "connections")
        for _ in range(3 * int(LIMITS["connections"])):
            open_ones.enter_context(server.connect())
    time.sleep(0.2)


@pytest.mark.slow
def test_a_photo_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    page = Image.new("L", (1600, 1200), 250)
    for place in range(20 * 25):
        page.paste(seven().resize((45, 48)), (20 + 75 * (place % 20), 10 + 47 * (place // 20)))
    with running(tmp_path, reading_seconds=0.5) as server:
        for path in ("/v1/read", "/v1/read?grid=3x3"):
            answer = server.post(path, as_png(page))
            if path == "/v1/read" or answer.status != 200:  # where there is no grid nothing takes long
                is_problem(answer, 413, "takes too long", "0.5 seconds")
        small = Image.new("L", (200, 160), 250)
        body, kind = form(("a.png", as_png(page)), ("b.png", as_png(small)))
        late, blank = server.post("/v1/read", body, kind).json["pages"]
        assert "a.png: takes too long" in late["error"]
        assert "error" not in blank
        assert server.post("/v1/predict", SEVEN).json["predictions"][0]["label"] == 7


def test_work_that_nobody_waits_for_ends() -> None:
    left = Event()
    reading = Reading(Recognizer.load("classic"), own_decoders(), 1000, left)
    _, recognizer = reading.begin(Upload("a.png", SEVEN))
    assert recognizer.predict([seven()])[0].label == 7
    left.set()
    with pytest.raises(ImageError, match=r"a\.png: the client has disconnected"):
        recognizer.predict([seven()])


def test_a_client_that_leaves_is_not_waited_for(server: Server) -> None:
    page = as_png(np.random.default_rng(0).integers(0, 256, (900, 1200), np.uint8))
    head = b"POST /v1/read HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\nContent-Length: %d\r\n\r\n"
    with server.connect() as client:
        client.sendall(head % len(page) + page)  # and leaves, long before such a page is read
    until = time.monotonic() + PATIENCE
    while '"path": "/v1/read", "status": 0' not in server.log.read_text():  # no answer was made
        assert time.monotonic() < until
        time.sleep(0.1)


def test_a_client_that_takes_no_answer_is_dropped(server: Server) -> None:
    with server.connect() as client:
        with contextlib.suppress(ConnectionError):  # answers of 80 MB, more than the system keeps for it
            client.sendall(b"GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n" * 3_000)
        before = -1
        # It answers as far as it can.
        while not (count := server.log.read_text().count("/openapi.json")) or count > before:
            before = count
            time.sleep(3)
        got = b""
        with contextlib.suppress(ConnectionError):
            while piece := client.recv(2**20):
                got += piece
        assert 0 < got.count(b"HTTP/1.1 200 OK") < 3_000


@posix("signals that a process can catch")
def test_told_to_end_it_answers_what_it_was_asked(tmp_path: Path) -> None:
    with running(tmp_path, drain_seconds=30) as server, server.connect() as client, server.connect() as idle:
        client.sendall(POST + b"Content-Length: %d\r\n\r\n" % len(SEVEN) + SEVEN[:50])
        assert server.ask("GET", "/healthz").status == 200  # what came before it has been read
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        client.sendall(SEVEN[50:])
        assert answered(client).json["predictions"][0]["label"] == 7
        assert idle.recv(1) == b""
        assert server.process.wait(PATIENCE) == 0
        with pytest.raises(ConnectionRefusedError):
            server.connect()


def test_a_token_lets_in(tmp_path: Path) -> None:
    token, other = (add_token(tmp_path / "tokens") for _ in range(2))
    assert token not in (tmp_path / "tokens").read_text()
    if sys.platform != "win32":  # which has no such bits
        assert (tmp_path / "tokens").stat().st_mode & 0o77 == 0
    digests = tuple(digest_of(each.encode()).hex() for each in (token, other))
    assert (tmp_path / "tokens").read_text().split() == list(digests)
    with running(tmp_path, tokens=digests) as server:
        for path in ("/v1/models", "/metrics", "/openapi.json"):
            refused = server.ask("GET", path)
            is_problem(refused, 401)
            assert refused.headers["www-authenticate"] == "Bearer"
            for wrong in (f"Bearer {token}x", f"Basic {token}", "Bearer ", token, f"Bearer {digests[0]}"):
                assert server.ask("GET", path, authorization=wrong).status == 401
            for right in (token, other):
                assert server.ask("GET", path, authorization=f"Bearer {right}").status == 200
        assert server.post("/v1/predict", SEVEN).status == 401
        assert server.ask("GET", "/").status == server.ask("GET", "/healthz").status == 200
        assert token not in server.log.read_text()


def test_others_can_reach_it_only_with_a_token(tmp_path: Path) -> None:
    for host in ("0.0.0.0", "::", "192.0.2.1", "example.org"):
        is_complaint(digits("serve", "--host", host, "--port", 0), "token", "TLS")
    (tmp_path / "tokens").write_text("my password\n")
    is_complaint(digits("serve", "--token-file", tmp_path / "tokens"), "not the SHA-256", "--new-token")
    is_complaint(digits("serve", "--token-file", tmp_path / "none"), "none")
    is_complaint(digits("serve", "--new-token"), "--token-file")
    made = digits("serve", "--new-token", "--token-file", tmp_path / "made")
    assert digest_of(made.out.strip().encode()).hex() == (tmp_path / "made").read_text().strip()


@posix("the words: in use")
def test_a_port_in_use_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        is_complaint(digits("serve", "--port", taken.getsockname()[1], "--model", "classic"), "in use", "port")
    is_complaint(digits("serve", "--model", "nonsense"), "nonsense")


@posix("SIGINT for one process")
@pytest.mark.parametrize("started", [signal.SIG_DFL, signal.SIG_IGN])  # as by a terminal, as in the background
def test_the_command_prints_its_address_and_ends_when_told(tmp_path: Path, started: signal.Handlers) -> None:
    before = signal.signal(signal.SIGINT, started)  # which the command inherits
    try:
        with commanded([sys.executable, "-m", "digit_recognizer"], tmp_path, "classic") as server:
            signal.signal(signal.SIGINT, before)
            assert server.post("/v1/predict", SEVEN).json["predictions"][0]["label"] == 7
            server.process.send_signal(signal.SIGINT)
            assert server.process.wait(PATIENCE) == 130
            assert "Traceback" not in server.log.read_text()
    finally:
        signal.signal(signal.SIGINT, before)
