"""A greylisting policy service for the demo's restriction classes (SMTPD_POLICY_README's protocol)."""

from __future__ import annotations

import socketserver
import time

from mailtui.demo.background import Threaded

DELAY = 5.0
"""Seconds until a stranger who comes back is let in; a real one would wait five minutes."""
WAIT = "DEFER_IF_PERMIT greylisted, please try again in {seconds:.0f} seconds"


WHITELISTS = {
    "clients": """\
# Clients that are never asked to wait: postgrey(8)
# They retry from other addresses, or not at all
lists.example
# unique sender for each mail
bounces.bigmail.example
""",
    "recipients": """\
# Recipients whose mail never waits: postgrey(8)
postmaster@
abuse@
""",
}
"""postgrey's own whitelists, as a package brings them."""


def options_file(port: int, delay: float = DELAY) -> str:
    """/etc/default/postgrey."""
    return f"""\
# postgrey startup options; after a change: systemctl restart postgrey
#   --delay=N   how long a stranger waits, in seconds (300 where it is no demo)
POSTGREY_OPTS="--inet=127.0.0.1:{port} --delay={delay:.0f}"
#POSTGREY_TEXT="Your customized rejection message here"
"""


class Greylist(Threaded):
    """Listens on `address`; lets each client, sender and recipient in at the second try after `delay`."""

    def __init__(self, address: tuple[str, int], delay: float = DELAY) -> None:
        self.delay = delay
        self.seen: dict[tuple[str, ...], float] = {}
        super().__init__(address, _Handler)

    def action(self, request: dict[str, str]) -> str:
        """The answer to one request: an access(5) action."""
        triplet = tuple(request.get(name, "") for name in ("client_address", "sender", "recipient"))
        now = time.monotonic()
        left = self.seen.setdefault(triplet, now) + self.delay - now
        return WAIT.format(seconds=max(left, 1)) if left > 0 else "DUNNO"


class _Handler(socketserver.StreamRequestHandler):
    server: Greylist

    def handle(self) -> None:
        request: dict[str, str] = {}
        for raw in self.rfile:
            name, equals, value = raw.decode("utf-8", "replace").strip().partition("=")
            if equals:
                request[name] = value
                continue
            self.wfile.write(f"action={self.server.action(request)}\n\n".encode())
            request = {}
