"""Starting and stopping the demo's small servers, each on a thread of its own."""

from __future__ import annotations

import contextlib
import logging
import socketserver
import sys
import threading
from collections.abc import Iterator

POLL = 0.05
"""Seconds until a server notices that it is to stop."""


class Logged(socketserver.BaseServer):
    """A server whose errors go to the log, not to the terminal, which belongs to the console."""

    def handle_error(self, request: object, client_address: object) -> None:
        """Called by socketserver while the error is being handled."""
        del request
        error = sys.exception()
        logging.getLogger(__name__).error("%s: %s", type(self).__name__, client_address, exc_info=error)


class Threaded(Logged, socketserver.ThreadingTCPServer):
    """A TCP server whose connections end with the program."""

    allow_reuse_address = True
    daemon_threads = True


@contextlib.contextmanager
def serving(server: socketserver.BaseServer, name: str) -> Iterator[None]:
    """Serve while the context is open, then close the server's socket."""
    thread = threading.Thread(target=server.serve_forever, args=(POLL,), name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
