"""Small milter servers for tests, each in a thread of its own: one that negotiates, one that hangs, one that
speaks another language, one that closes at once."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

Manner = Literal["speaks", "hangs", "garbage", "closes", "odd", "slow"]
ACTIONS, STEPS = 0x01 | 0x10, 0x01 | 0x02 | 0x200
"""It may add and change headers; it wants to see neither connect nor HELO nor DATA."""


def _negotiates(one: socket.socket) -> None:
    _negotiate(one, 0.0)


def _negotiate(one: socket.socket, pause: float) -> None:
    size, letter = struct.unpack(">Ic", _exactly(one, 5))
    _exactly(one, size - 1)
    assert letter == b"O"
    answer = struct.pack(">IcIII", 13, b"O", 6, ACTIONS, STEPS)
    for at in range(len(answer)):
        one.sendall(answer[at : at + 1])
        threading.Event().wait(pause)
    one.recv(5)  # the goodbye


def _exactly(one: socket.socket, size: int) -> bytes:
    parts = b""
    while len(parts) < size:
        part = one.recv(size - len(parts))
        if not part:
            raise ConnectionError
        parts += part
    return parts


def _hangs(one: socket.socket) -> None:
    one.settimeout(60)
    while one.recv(4096):
        pass


def _garbage(one: socket.socket) -> None:
    one.sendall(b"220 mail.example ESMTP\x1b]0;PWNED\x07\r\n")
    _hangs(one)


def _odd(one: socket.socket) -> None:
    one.sendall(struct.pack(">Ic", 13, b"X") + bytes(12))
    _hangs(one)


def _closes(_one: socket.socket) -> None:
    return


def _slow(one: socket.socket) -> None:
    _negotiate(one, 0.5)


_MANNERS: dict[str, Callable[[socket.socket], None]] = {
    "speaks": _negotiates, "hangs": _hangs, "garbage": _garbage, "closes": _closes, "odd": _odd, "slow": _slow,
}  # fmt: skip


class Server:
    """A milter at `address`, in Postfix's syntax, until `close`. `seen`: how many came."""

    def __init__(self, manner: Manner, path: Path | None = None) -> None:
        self._answer = _MANNERS[manner]
        if path is None:
            self._socket = socket.create_server(("127.0.0.1", 0))
            self.port = self._socket.getsockname()[1]
            self.address = f"inet:127.0.0.1:{self.port}"
        else:
            self._socket = socket.socket(socket.AF_UNIX)
            self._socket.bind(str(path))
            self._socket.listen()
            path.chmod(0o777)
            self.address = f"unix:{path}"
        self.seen = 0
        self._open: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                one, _ = self._socket.accept()
            except OSError:
                return
            self.seen += 1
            self._open.append(one)
            threading.Thread(target=self._one, args=(one,), daemon=True).start()

    def _one(self, one: socket.socket) -> None:
        with one:
            try:
                self._answer(one)
            except OSError:
                return

    def close(self) -> None:
        """It listens no more, and lets go of whoever waits."""
        for one in (self._socket, *self._open):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()


@contextmanager
def serving(*manners: Manner) -> Iterator[list[Server]]:
    """Servers on ports of their own."""
    servers = [Server(manner) for manner in manners]
    try:
        yield servers
    finally:
        for server in servers:
            server.close()


def closed_port() -> int:
    """A port on which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as one:
        port: int = one.getsockname()[1]
    return port
