"""What a stranger may take of the server."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bounds on requests; beyond each of them the answer says which it was."""

    body: int = 32 * 2**20  # bytes of one request; a phone's photo has 2 to 12 million
    bodies: int = 256 * 2**20  # bytes of all requests that are held at one time
    header: int = 16 * 2**10  # bytes of the request line and the header fields
    fields: int = 100  # header fields
    parts: int = 64  # pictures in one request
    connections: int = 512  # open at one time
    requests: int = 256  # at work at one time
    pictures: int = 512  # waiting to be recognised
    photos: int = 16  # waiting to be read
    photos_at_once: int = 8  # in one request
    explanations: int = 16  # waiting to be made
    quick_pixels: int = 400_000  # of a picture that is answered together with others; larger ones wait apart
    quick_seconds: float = 0.25  # of the processor, to decode one of these; beyond them it waits apart, too
    header_seconds: float = 10.0  # from a connection's first moment, or a further request's first byte, to its header
    body_seconds: float = 30.0  # from the header to the end of the body
    reading_seconds: float = 20.0  # for one photo to be read; a full page takes one or two
    send_seconds: float = 30.0  # for the client to take its answer
    linger_seconds: float = 2.0  # for which a refused client's further bytes are thrown away, so that it reads why
    drain_seconds: int = 30  # for which a server that was told to end still answers
