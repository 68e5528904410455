"""A server behind a proxy, on a path, at a Unix socket; pages of other sites; packed bodies; pictures in JSON."""

from __future__ import annotations

import asyncio
import base64
import gzip
import http.client
import json
import shutil
import socket
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from digit_recognizer.errors import ConfigError
from digit_recognizer.server.access import Access, checked_origins, checked_proxies, checked_root
from digit_recognizer.server.encodings import unpacked
from digit_recognizer.server.guard import RequestGuard
from digit_recognizer.server.limits import Limits
from digit_recognizer.server.problems import ProblemError
from digit_recognizer.server.routing import heads
from digit_recognizer.server.serving import listening_at
from digit_recognizer.server.tokens import add_token
from platforms import linux, posix
from server_process import PATIENCE, Server, answer_of, as_png, commanded, seven

SEVEN = as_png(seven())
DIGITS = [sys.executable, "-m", "digit_recognizer"]
SITE, PUBLIC = "https://pages.example.org", "digits.example.org"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    options = [
        *("--allowed-origin", SITE, "--trusted-proxy", "127.0.0.1", "--root-path", "/digits/"),
        *("--allowed-host", PUBLIC, "--workers", "0"),
    ]
    with commanded(DIGITS, tmp_path_factory.mktemp("server"), "classic", *options) as started:
        yield started


def label_of(answer: Any) -> int:
    assert answer.status == 200, answer.body
    (found,) = answer.json["predictions"]
    return int(found["label"])


@pytest.mark.parametrize("path", ["/", "/healthz", "/page/app.js", "/openapi.json", "/digits/healthz", "/metrics"])
def test_head_has_the_fields_of_get_and_no_body(server: Server, path: str) -> None:
    get, head = server.ask("GET", path), server.ask("HEAD", path)
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-type"] == get.headers["content-type"]
    if path != "/metrics":
        assert head.headers["content-length"] == str(len(get.body))
    assert server.ask("HEAD", "/v1/predict").status == 405


def test_it_answers_under_its_path_and_without(server: Server) -> None:
    assert label_of(server.post("/digits/v1/predict", SEVEN)) == label_of(server.post("/v1/predict", SEVEN)) == 7
    assert server.ask("GET", "/digits/").body == server.ask("GET", "/").body
    moved = server.ask("GET", "/digits")
    assert (moved.status, moved.headers["location"]) == (308, "/digits/")
    assert server.ask("GET", "/digitsx").status == 404
    assert server.ask("GET", "/digits/openapi.json").json["servers"] == [{"url": "/digits"}]


def test_a_page_of_an_allowed_site_may_ask_and_no_other(server: Server) -> None:
    asking = {"origin": SITE, "access_control_request_method": "POST", "access_control_request_headers": "content-type"}
    before = server.ask("OPTIONS", "/v1/predict", **asking)
    assert (before.status, before.headers["access-control-allow-origin"]) == (204, SITE)
    assert "content-type" in before.headers["access-control-allow-headers"]
    answer = server.post("/v1/predict", SEVEN, origin=SITE, sec_fetch_site="cross-site")
    assert label_of(answer) == 7
    assert (answer.headers["access-control-allow-origin"], answer.headers["vary"]) == (SITE, "Origin")
    refused = server.post("/v1/predict", b"?", origin=SITE)  # a problem can be read there, too
    assert (refused.status, refused.headers["access-control-allow-origin"]) == (415, SITE)
    for other in ("https://example.org", "null", f"{SITE}.evil.org", SITE.replace("https", "http")):
        found = server.post("/v1/predict", SEVEN, origin=other)
        assert (found.status, "access-control-allow-origin" in found.headers) == (403, False)
        assert (
            "access-control-allow-origin"
            not in server.ask("OPTIONS", "/v1/predict", **asking | {"origin": other}).headers
        )


def test_a_trusted_proxy_says_which_host_was_asked_for(server: Server) -> None:
    forwarded = {"x_forwarded_host": PUBLIC, "origin": f"https://{PUBLIC}", "sec_fetch_site": "same-origin"}
    assert label_of(server.post("/v1/predict", SEVEN, **forwarded)) == 7
    assert server.post("/v1/predict", SEVEN, x_forwarded_host="evil.example.org").status == 421
    assert server.post("/v1/predict", SEVEN, x_forwarded_host=f"evil.example.org, {PUBLIC}").status == 200
    other = {"x_forwarded_host": PUBLIC, "origin": "https://evil.example.org"}
    assert server.post("/v1/predict", SEVEN, **other).status == 403


def test_who_is_no_proxy_is_not_believed() -> None:
    headers = [(b"host", b"localhost:8000"), (b"x-forwarded-host", PUBLIC.encode())]
    access = Access(proxies=checked_proxies(["10.0.0.0/8", "fd00::/8"]))
    for client, believed in [
        *((("10.1.2.3", 1), True), (("::ffff:10.1.2.3", 1), True), (("fd00::1", 1), True), (None, True)),
        *((("127.0.0.1", 1), False), (("::1", 1), False), (("elsewhere", 1), False)),
    ]:
        host = access.host_of({"headers": headers, "client": client})
        assert host == (PUBLIC.encode() if believed else b"localhost:8000")
    assert Access().host_of({"headers": headers, "client": None}) == b"localhost:8000"
    assert access.host_of({"headers": [headers[0], headers[0]], "client": ("::1", 1)}) == b""


@pytest.mark.parametrize(
    ("name", "pack"), [("gzip", gzip.compress), ("x-gzip", gzip.compress), ("deflate", zlib.compress)]
)
def test_a_packed_body_is_unpacked(server: Server, name: str, pack: Any) -> None:
    assert label_of(server.post("/v1/predict", pack(SEVEN), content_encoding=name)) == 7
    bomb = pack(bytes(40 * 2**20))
    assert len(bomb) < 2**20
    assert server.post("/v1/predict", bomb, content_encoding=name).status == 413
    assert server.post("/v1/predict", pack(SEVEN)[:-9], content_encoding=name).status == 400
    assert server.post("/v1/predict", pack(SEVEN) + b"more", content_encoding=name).status == 400
    assert server.post("/v1/predict", SEVEN, content_encoding=name).status == 400


def test_a_body_that_is_not_packed_waits_for_none_that_is() -> None:
    async def unpack(encoding: bytes) -> None:
        guard = RequestGuard(heads, Limits(), Access())  # type: ignore[arg-type]  # no request reaches the app
        await guard.unpacking.acquire()  # as while another body is unpacked
        await asyncio.wait_for(guard.unpack(bytearray(b"x"), {b"content-encoding": encoding}), 0.5)

    for encoding in (b"", b"identity"):
        asyncio.run(unpack(encoding))
    with pytest.raises(TimeoutError):
        asyncio.run(unpack(b"gzip"))


def test_many_redirects_on_one_connection(server: Server) -> None:
    connection = http.client.HTTPConnection(server.address.removeprefix("http://"), timeout=PATIENCE)
    for _ in range(400):  # their headers together are longer than one may be
        connection.request("GET", "/digits")
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 308
    connection.request("GET", "/digits/healthz")
    assert connection.getresponse().status == 200
    connection.close()


def test_other_encodings_are_named(server: Server) -> None:
    found = server.post("/v1/predict", SEVEN, content_encoding="br")
    assert (found.status, found.headers["accept-encoding"]) == (415, "gzip")
    with pytest.raises(ProblemError, match="more than 1 MiB"):
        unpacked(gzip.compress(bytes(2**20 + 1)), b"gzip", 2**20)
    assert len(unpacked(gzip.compress(bytes(2**20)), b"gzip", 2**20)) == 2**20


def test_pictures_in_json(server: Server) -> None:
    text = base64.b64encode(SEVEN).decode()
    url = f"data:image/png;base64,{text}"
    for given in ({"image": text}, {"image": url}, {"images": [url]}):
        assert label_of(server.post("/v1/predict", json.dumps(given).encode(), "application/json")) == 7
    named = json.dumps({"images": [{"name": "a.png", "image": text}, "AAAA"]}).encode()
    first, second = server.post("/v1/predict", named, "application/json; charset=utf-8").json["predictions"]
    assert (first["source"], first["label"], second["status"]) == ("a.png", 7, "error")
    assert len(server.post("/v1/read", json.dumps({"image": url}).encode(), "application/json").json["pages"]) == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        *((b"", 400), (b"{", 400), (b"[" * 100_000, 400), (b"\xff", 400), (b"[]", 422), (b"{}", 422), (b"7", 422)),
        *((b'{"image": 7}', 422), (b'{"images": []}', 422), (b'{"images": [7]}', 422), (b'{"image": ""}', 422)),
        *((b'{"image": "http://example.org/a.png"}', 422), (b'{"image": "data:image/png,abc"}', 422)),
        (json.dumps({"images": ["AAAA"] * 65}).encode(), 413),
    ],
)
def test_json_without_pictures_is_refused(server: Server, body: bytes, status: int) -> None:
    found = server.post("/v1/predict", body, "application/json")
    assert (found.status, found.headers["content-type"]) == (status, "application/problem+json")


@posix("Unix sockets")
def test_a_unix_socket(tmp_path: Path) -> None:
    path = tmp_path / "digits.sock"
    with commanded(DIGITS, tmp_path, "classic", "--unix-socket", path, "--workers", "0") as server:
        assert server.address == f"unix:{path}"
        assert label_of(asked_at(path, SEVEN)) == 7
        with pytest.raises(ConfigError, match=r"digits\.sock: cannot be listened on"):
            listening_at(path)
        server.process.kill()
        server.process.wait()
    assert path.is_socket()  # it was killed
    with listening_at(path):
        assert path.stat().st_mode & 0o777 == 0o660
    (tmp_path / "file").write_text("mine")
    with pytest.raises(ConfigError, match="Name another path"):
        listening_at(tmp_path / "file")
    assert (tmp_path / "file").read_text() == "mine"


def asked_at(path: Path, picture: bytes) -> Any:
    """What a server at a Unix socket answers of a picture."""
    connection = http.client.HTTPConnection("localhost", timeout=PATIENCE)
    connection.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.sock.connect(str(path))
    try:
        connection.request("POST", "/v1/predict", picture, {"content-type": "image/png"})
        return answer_of(connection.getresponse())
    finally:
        connection.close()


@linux("IPv6 and IPv4 at one socket by default")
def test_every_address_is_both_kinds(tmp_path: Path) -> None:
    tokens = tmp_path / "tokens"
    token = add_token(tokens)
    with commanded(DIGITS, tmp_path, "classic", "--host", "::", "--token-file", tokens, "--workers", "0") as server:
        port = int(server.address.rpartition(":")[2])
        for host in ("127.0.0.1", "::1"):
            connection = http.client.HTTPConnection(host, port, timeout=PATIENCE)
            connection.request("GET", "/v1/models", headers={"authorization": f"Bearer {token}"})
            assert connection.getresponse().status == 200
            connection.close()


@pytest.mark.parametrize("path", ["digits", "//evil.example.org", "/a?b", "/a b", "/ä", "/a//b"])
def test_what_is_no_root_path_is_refused(path: str) -> None:
    with pytest.raises(ConfigError, match="is not a path"):
        checked_root(path)


def test_settings_are_checked() -> None:
    assert [checked_root(each) for each in ("", "/", "/a/", "/a/b.c-d")] == ["", "", "/a", "/a/b.c-d"]
    assert checked_origins(["HTTPS://Example.org:8443"]) == {"https://example.org:8443"}
    for origin in ("example.org", "*", "https://", "https://a.org/path", "ftp://a.org"):
        with pytest.raises(ConfigError, match="is not an origin"):
            checked_origins([origin])
    for proxy in ("proxy", "10.0.0.1/8", "300.0.0.1"):
        with pytest.raises(ConfigError, match="is not an address"):
            checked_proxies([proxy])


NGINX = """
daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log; worker_processes 1;
events {{}}
http {{
  access_log off; client_max_body_size 40m;
  client_body_temp_path {folder}/a; proxy_temp_path {folder}/b; fastcgi_temp_path {folder}/c;
  uwsgi_temp_path {folder}/d; scgi_temp_path {folder}/e;
  server {{
    listen 127.0.0.1:{port};
    location /digits/ {{
      proxy_pass {server};
      proxy_set_header X-Forwarded-Host $http_host;
    }}
  }}
}}
"""


@contextmanager
def nginx(folder: Path, server: str) -> Iterator[str]:
    """A real nginx that shows the server under /digits/."""
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin")
    if program is None:
        pytest.skip("nginx is absent")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port, server=server))
    process = subprocess.Popen([program, "-c", folder / "nginx.conf"], stderr=subprocess.DEVNULL)
    try:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except ConnectionError:
                assert time.monotonic() < until
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}/digits/"
    finally:
        process.terminate()
        process.wait()


@pytest.mark.slow
@posix("Unix sockets")
@pytest.mark.parametrize("by_socket", [False, True])
def test_the_page_works_behind_nginx_under_a_path_with_a_token(tmp_path: Path, by_socket: bool, browser: Any) -> None:
    playwright = pytest.importorskip("playwright.sync_api")
    tokens = tmp_path / "tokens"
    token = add_token(tokens)
    options = ["--token-file", tokens, "--root-path", "/digits", "--trusted-proxy", "127.0.0.1", "--workers", "0"]
    where = ["--unix-socket", tmp_path / "digits.sock"] if by_socket else []
    with commanded(DIGITS, tmp_path, "classic", *options, *where) as server:
        behind = f"http://unix:{tmp_path}/digits.sock:/" if by_socket else f"{server.address}/digits/"
        with nginx(tmp_path, behind) as address:
            page = browser.new_page()
            complaints: list[str] = []
            page.on("pageerror", lambda each: complaints.append(str(each)))
            page.goto(address)
            page.fill("#token", token)
            page.keyboard.press("Enter")
            page.set_input_files(
                "input[type=file]", files=[{"name": "a.png", "mimeType": "image/png", "buffer": SEVEN}]
            )
            playwright.expect(page.locator("#spoken")).to_contain_text("7", timeout=30_000)
            assert not complaints
            page.close()
