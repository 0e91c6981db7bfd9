"""`python -m tests.lab.xclient_replies` beside a lab's server: sessions on its standard input, one JSON object a
line (port, name, reverse, address, helo, sender, recipient); prints the last reply to each, as JSON."""

from __future__ import annotations

import json
import socket
import sys
from typing import Any

PATIENCE = 10.0


class Line:
    """A connection to one port, kept from session to session."""

    def __init__(self, port: int) -> None:
        self._file = socket.create_connection(("127.0.0.1", port), PATIENCE).makefile("rwb")
        self.reply()

    def say(self, text: str) -> str:
        self._file.write(text.encode() + b"\r\n")
        self._file.flush()
        return self.reply()

    def reply(self) -> str:
        while True:
            line = self._file.readline().decode("utf-8", "replace").rstrip()
            if line[3:4] != "-":
                return line

    def play(self, session: dict[str, Any]) -> str:
        """The first refusal, or the reply to RCPT TO."""
        address = session["address"]
        known = self.say(
            f"XCLIENT NAME={_named(session['name'])} REVERSE_NAME={_named(session['reverse'])}"
            f" ADDR={'IPV6:' if ':' in address else ''}{address}"
        )
        if not known.startswith("220"):
            return known
        for command in (
            f"EHLO {session['helo']}", f"MAIL FROM:<{session['sender']}>", f"RCPT TO:<{session['recipient']}>"
        ):  # fmt: skip
            answer = self.say(command)
            if answer[:1] in "45":
                break
        self.say("RSET")
        return answer


def _named(name: str) -> str:
    return "[UNAVAILABLE]" if name == "unknown" else name


def main() -> None:
    lines: dict[int, Line] = {}
    for text in sys.stdin:
        session = json.loads(text)
        port = session["port"]
        if port not in lines:
            lines[port] = Line(port)
        print(json.dumps(lines[port].play(session)))


if __name__ == "__main__":
    main()
