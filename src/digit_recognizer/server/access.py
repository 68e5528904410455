"""Who may ask, under which names, and what a reverse proxy in front of the server may say of a client."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from digit_recognizer.errors import ConfigError
from digit_recognizer.server.problems import ProblemError

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_FORWARDED_HOST = b"x-forwarded-host"
_PREFLIGHT = b"access-control-request-method"
_PREFLIGHT_SECONDS = 600  # for which a browser need not ask again
_PATH = re.compile(r"(/[\w.~-]+)+/?", re.ASCII)
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Access:
    """hosts: names that a request may call the server by; addresses are let through where tokens are asked for.

    tokens: SHA-256 of those one of which a request must bear; none: none is asked for. origins: of the pages of other
    sites that may ask, as browsers write them. proxies: whose word on the host that a client asked for is taken.
    root_path: the path under which a proxy shows the server, "" or like "/digits".
    """

    hosts: frozenset[str] = frozenset(LOOPBACK)
    tokens: Collection[bytes] = ()
    origins: frozenset[str] = frozenset()
    proxies: tuple[_Network, ...] = ()
    root_path: str = ""

    def host_of(self, scope: Any) -> bytes:
        """The host that a client asked for, without its port; b"" where that is not clear."""
        pairs: list[tuple[bytes, bytes]] = scope["headers"]
        stated = [value for name, value in pairs if name == b"host"]
        forwarded = [value for name, value in pairs if name == _FORWARDED_HOST]
        if forwarded and self.is_proxy(scope.get("client")):
            stated = [forwarded[-1].rpartition(b",")[2].strip()]  # the nearest proxy writes last
        return stated[0].lower() if len(stated) == 1 else b""

    def is_proxy(self, client: tuple[str, int] | None) -> bool:
        """Whether a connection comes from a proxy that is trusted: of no address is who connects by a Unix socket."""
        if not self.proxies:
            return False
        if client is None or not client[0]:
            return True
        try:
            address = ipaddress.ip_address(client[0])
        except ValueError:
            return False
        mapped = getattr(address, "ipv4_mapped", None) or address
        return any(mapped in network for network in self.proxies)

    def check_host(self, host: bytes) -> None:
        """Refuse a name that is not ours: someone else's name that was made to point here (DNS rebinding)."""
        text = host.decode("latin-1")
        name = text if text.endswith("]") else text.rpartition(":")[0] or text
        if name not in self.hosts and not (self.tokens and _is_address(name)):
            raise ProblemError(421, "The Host field does not name this server. Its owner can allow a name.")

    def check_origin(self, fields: dict[bytes, bytes], host: bytes) -> None:
        """Refuse what another site's page sends; programs that are no browser send neither field."""
        origin = fields.get(b"origin")
        if self.is_allowed(origin):
            return
        same = origin is None or origin.partition(b"://")[2].lower() == host
        if not same or fields.get(b"sec-fetch-site", b"same-origin") not in (b"same-origin", b"none"):
            raise ProblemError(403, "Requests from pages of other sites are refused. Its owner can allow an origin.")

    def is_allowed(self, origin: bytes | None) -> bool:
        """Whether it is of another site whose pages may ask."""
        return origin is not None and origin.decode("latin-1").lower() in self.origins

    def cross_origin(self, scope: Any) -> list[tuple[bytes, bytes]]:
        """The fields by which a browser lets a page of another site have the answer (Fetch standard, CORS protocol)."""
        if not self.origins:
            return []
        origin = next((value for name, value in scope["headers"] if name == b"origin"), None)
        varies = (b"vary", b"Origin")
        if origin is None or not self.is_allowed(origin):
            return [varies]
        allowed = [varies, (b"access-control-allow-origin", origin)]
        if not is_preflight(scope):
            return allowed
        return [
            *allowed,
            (b"access-control-allow-methods", b"GET, POST"),
            (b"access-control-allow-headers", b"authorization, content-type, content-encoding"),
            (b"access-control-max-age", b"%d" % _PREFLIGHT_SECONDS),
        ]


def _is_address(name: str) -> bool:
    """Whether a host is a literal address, which nobody can point elsewhere."""
    try:
        ipaddress.ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True


def is_preflight(scope: Any) -> bool:
    """Whether a browser asks whether it may ask."""
    return scope["method"] == "OPTIONS" and any(name == _PREFLIGHT for name, _ in scope["headers"])


def checked_root(path: str) -> str:
    """A root path without the slash at its end. Raises ConfigError if it is not a path."""
    if path in ("", "/"):
        return ""
    if not _PATH.fullmatch(path):
        raise ConfigError(f"{path!r} is not a path. Give one like /digits.", see=("root_path",))
    return path.rstrip("/")


def checked_origins(origins: Iterable[str]) -> frozenset[str]:
    """Origins (scheme, host and port) in lower case. Raises ConfigError for what is none."""
    made = set()
    for origin in origins:
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or not parts.netloc or parts.path.strip("/") or parts.query:
            raise ConfigError(
                f"{origin!r} is not an origin. Give one like https://example.org.", see=("allowed_origin",)
            )
        made.add(f"{parts.scheme}://{parts.netloc}".lower())
    return frozenset(made)


def checked_proxies(proxies: Iterable[str]) -> tuple[_Network, ...]:
    """Addresses and networks. Raises ConfigError for what is neither."""
    made = []
    for proxy in proxies:
        try:
            made.append(ipaddress.ip_network(proxy))
        except ValueError as error:
            raise ConfigError(
                f"{proxy!r} is not an address or a network. Give one like 127.0.0.1 or 10.0.0.0/8.",
                see=("trusted_proxy",),
            ) from error
    return tuple(made)
