"""/dev/log in the demo's namespace: what programs say to syslog goes into the mail log, as it would there.

Postfix writes its log itself (maillog_file), but the errors of a main.cf that it cannot read go to syslog.
"""

from __future__ import annotations

import re
import socketserver
from pathlib import Path

from mailtui.demo.background import Logged

_PRIORITY = re.compile(rb"<\d+>")
_LENGTH_OF_TIME = len("Nov 22 13:22:20 ")


class Syslog(Logged, socketserver.UnixDatagramServer):
    """Appends each record that comes in at `socket` to `log`, with `host` after its time."""

    max_packet_size = 65536

    def __init__(self, socket: Path, log: Path, host: str) -> None:
        self.log = log
        self.host = host.encode()
        super().__init__(str(socket), _Handler)
        socket.chmod(0o666)

    def take(self, record: bytes) -> None:
        """Append one record (RFC 3164 as syslog(3) writes it: no host name)."""
        text = _PRIORITY.sub(b"", record, count=1).rstrip(b"\0\n").replace(b"\n", b" ")
        time, rest = text[:_LENGTH_OF_TIME], text[_LENGTH_OF_TIME:]
        with self.log.open("ab") as file:
            file.write(time + self.host + b" " + rest + b"\n")


class _Handler(socketserver.BaseRequestHandler):
    server: Syslog

    def handle(self) -> None:
        self.server.take(self.request[0])
