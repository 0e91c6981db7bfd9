"""A real opendkim for one test: started with a configuration, asked as a milter, ended for certain."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.lab.milterclient import Verdict, hand_over

STARTS = 10.0
"""Seconds that it may take to listen."""
LETTER = [
    ("To", "someone@elsewhere.example"), ("Subject", "a letter"), ("Message-ID", "<1@lab.example>"),
    ("Date", "Mon, 23 Nov 2026 08:00:00 +0000"),
]  # fmt: skip
BODY = b"Good morning.\r\n"


def private_key(path: Path, kind: str = "rsa") -> Path:
    """A key file; of the fewest bits that are taken, so that many can be made."""
    what = ["RSA", "-pkeyopt", "rsa_keygen_bits:1024"] if kind == "rsa" else ["ED25519"]
    argv = ["openssl", "genpkey", "-algorithm", *what, "-out", str(path)]
    subprocess.run(argv, check=True, capture_output=True, timeout=30)
    return path


class OpenDkim:
    """One that runs, with its configuration file."""

    def __init__(self, folder: Path, settings: Mapping[str, str], socket: Path | None = None) -> None:
        self.config = folder / "opendkim.conf"
        self.socket = socket or folder / "s"
        base = {
            "Socket": f"local:{self.socket}", "UserID": "root", "Mode": "sv", "RequireSafeKeys": "no",
            "InternalHosts": "127.0.0.1", "Background": "no", "AutoRestart": "no",
        }  # fmt: skip
        lines = [f"{name}\t{value}\n" for name, value in {**base, **settings}.items() if value]
        self.config.write_text("".join(lines))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        """Start it; what it says where it will not."""
        self.socket.unlink(missing_ok=True)
        self._process = subprocess.Popen(["opendkim", "-f", "-x", str(self.config)], stderr=subprocess.PIPE)
        end = time.monotonic() + STARTS
        while not self._listens() and time.monotonic() < end:
            if self._process.poll() is not None:
                return self.stop() or "it ended"
            time.sleep(0.01)
        return "" if self._listens() else "it does not listen"

    def _listens(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(os.fspath(self.socket)) == 0

    def stop(self) -> str:
        """End it at once, and everything that it said."""
        assert self._process is not None
        if self._process.stderr is not None and self._process.stderr.closed:
            return ""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        return self._process.communicate(timeout=STARTS)[1].decode()

    def reload(self) -> None:
        """Have it read everything again at the next connection."""
        assert self._process is not None
        self._process.send_signal(signal.SIGUSR1)

    def ask(self, sender: str, body: bytes = BODY) -> Verdict:
        """A message from this address."""
        return hand_over(os.fspath(self.socket), [("From", f"<{sender}>"), *LETTER], body)


@contextlib.contextmanager
def running(folder: Path, settings: Mapping[str, str], socket: Path | None = None) -> Iterator[OpenDkim]:
    """One that listens. AssertionError with its own words where it does not."""
    program = OpenDkim(folder, settings, socket)
    said = program.start()
    assert not said, said
    try:
        yield program
    finally:
        program.stop()
