"""Tokens that let a program in: made here, shown once, kept as hashes."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Collection
from pathlib import Path

from digit_recognizer.errors import ConfigError
from digit_recognizer.files import read_bounded, write_whole

_RANDOM_BYTES = 32  # too many to be guessed, so that a plain SHA-256 keeps the token
_MAX_FILE_BYTES = 2**20
_DIGEST = re.compile(r"[0-9a-f]{64}")


def add_token(path: Path) -> str:
    """A new token, whose SHA-256 is added to the file; the token itself is kept nowhere. Raises StorageError."""
    token = secrets.token_urlsafe(_RANDOM_BYTES)
    known = [digest.hex() for digest in read_tokens(path)] if path.exists() else []
    write_whole(path, "".join(f"{digest}\n" for digest in [*known, digest_of(token.encode()).hex()]).encode())
    path.chmod(0o600)
    return token


def read_tokens(path: Path) -> tuple[bytes, ...]:
    """The SHA-256 of the tokens in a file, one a line in hexadecimal. Raises ConfigError."""
    lines = read_bounded(path, _MAX_FILE_BYTES, ConfigError, "a token file").decode("utf-8", "replace").split()
    see = ("serve", "token_file", "new_token")
    if not lines:
        raise ConfigError(f"{path}: holds no token. Add one.", see=see)
    for number, line in enumerate(lines, 1):
        if not _DIGEST.fullmatch(line):
            raise ConfigError(
                f"{path}: entry {number} is not the SHA-256 of a token. Add one to another file.", see=see
            )
    return tuple(bytes.fromhex(line) for line in lines)


def digest_of(token: bytes) -> bytes:
    return hashlib.sha256(token).digest()


def is_known(token: bytes, known: Collection[bytes]) -> bool:
    """Whether a token's hash is among those known; the time that it takes tells nothing of them."""
    digest = digest_of(token)
    return sum(hmac.compare_digest(digest, each) for each in known) > 0  # a sum: all are compared
