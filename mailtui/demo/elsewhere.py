"""The mail server of the rest of the world, played on the namespace's loopback. It keeps nothing."""

from __future__ import annotations

import contextlib
import re
import socketserver

from mailtui.demo.background import Threaded

ADDRESS = "203.0.113.25"
"""mx.bigmail.example."""
PORT = 2525
"""The demo's smtp_tcp_port: Postfix itself listens on port 25 of every address."""
REPLIES = {
    "busy": "450 4.7.0 too many messages from your network, try again later",
    "gone": "550 5.1.1 no such user here",
    "full": "452 4.2.2 mailbox full",
}
"""What this server says to RCPT TO, by local part; it takes everybody else's mail."""
_RECIPIENT = re.compile(r"RCPT TO:\s*<([^@>]*)", re.IGNORECASE)


class Elsewhere(Threaded):
    """A mail server on `address` that answers by recipient, as REPLIES says."""

    def __init__(self, address: tuple[str, int], name: str = "mx.bigmail.example") -> None:
        self.name = name
        super().__init__(address, _Handler)


class _Handler(socketserver.StreamRequestHandler):
    server: Elsewhere

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):
            self._say(f"220 {self.server.name} ESMTP")
            while line := self.rfile.readline(2000).decode("utf-8", "replace").strip():
                verb = line[:4].upper()
                if verb == "DATA":
                    self._say("354 end with a dot")
                    self._skip_message()
                self._say(self._reply(verb, line))
                if verb == "QUIT":
                    return

    def _reply(self, verb: str, line: str) -> str:
        match verb:
            case "EHLO":
                return f"250-{self.server.name}\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES"
            case "RCPT":
                found = _RECIPIENT.match(line)
                return REPLIES.get(found[1].lower() if found else "", "250 2.1.5 ok")
            case "DATA":
                return "250 2.0.0 taken"
            case "QUIT":
                return "221 2.0.0 bye"
            case "HELO" | "MAIL" | "RSET" | "NOOP":
                return "250 2.0.0 ok"
        return "500 5.5.1 what?"

    def _skip_message(self) -> None:
        while (line := self.rfile.readline()) and line.rstrip(b"\r\n") != b".":
            pass

    def _say(self, text: str) -> None:
        self.wfile.write(text.encode() + b"\r\n")
