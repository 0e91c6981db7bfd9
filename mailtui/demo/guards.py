"""The filters of a whole demo: which can be had here, what main.cf says of them, and how they start.

They come up in the background: Postfix does not wait for them, the demo's own traffic does.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence

from mailtui import commands
from mailtui.demo.beside import Filter
from mailtui.demo.daemon import Daemon
from mailtui.demo.filters import Filters
from mailtui.demo.greylist import DELAY
from mailtui.demo.place import SOCKET_PATH_LIMIT, DemoError, Place

PACKAGES = {
    "opendkim": "opendkim",
    "opendmarc": "opendmarc",
    "clamd": "clamav-daemon",
    "clamav-milter": "clamav-milter",
    "policyd-spf": "postfix-policyd-spf-python",
    "postgrey": "postgrey",
}
"""The programs that a whole demo has, and their packages; each is left out where it is not installed."""
AGAIN = 1.0
"""Seconds between two looks whether each still runs."""
_LONGEST_SOCKET = "clamav/clamav-milter.ctl"
_ADDRESSES = {
    "clamav-milter": "{ unix:clamav/clamav-milter.ctl, default_action=tempfail }",
    "opendkim": "unix:opendkim/opendkim.sock",
    "opendmarc": "unix:opendmarc/opendmarc.sock",
}
_MAIN_CF = """\

# ---- Milters: what is signed, judged and scanned --------------------------
# What changes or refuses mail before opendkim signs it; then opendmarc, which judges by what opendkim
# found. Mail waits while the scanner is down, and passes while one of the others is.
smtpd_milters = {smtpd}
# Mail that is handed in on this machine is only signed.
non_smtpd_milters = {local}
milter_default_action = accept
"""
_POLICYD = """\
policyd-spf_time_limit = 3600
"""


def available(place: Place) -> tuple[tuple[str, ...], str]:
    """The programs of a whole demo that can stand in this place, and in words what cannot."""
    if len(str(place.spool / _LONGEST_SOCKET)) > SOCKET_PATH_LIMIT:
        return (), f"no filters: {place.directory} is too long for their sockets"
    there = [name for name in PACKAGES if commands.find(name) is not None]
    if "clamd" not in there or "clamav-milter" not in there:
        there = [name for name in there if name not in ("clamd", "clamav-milter")]
    lacking = [package for name, package in PACKAGES.items() if name not in there]
    return tuple(there), f"left out, as not installed: {', '.join(lacking)}" if lacking else ""


def main_cf(filters: Sequence[str]) -> str:
    """What main.cf says of these filters; empty without any."""
    milters = [address for name, address in _ADDRESSES.items() if name in filters]
    text = ""
    if milters:
        chain = "".join(f"\n    {address}," for address in milters).rstrip(",")
        text = _MAIN_CF.format(smtpd=chain, local=_ADDRESSES["opendkim"] if "opendkim" in filters else "")
    return text + (_POLICYD if "policyd-spf" in filters else "")


class Guards:
    """The filters that stand beside one demo, within its namespaces; files that are there already are kept.

    One that ends is started again, as a service manager would: `kill` restarts it. `problems` says what did
    not come up, each in one line.
    """

    def __init__(self, place: Place) -> None:
        self.place = place
        self.problems: list[str] = []
        self._running: list[Daemon] = []
        self._up = threading.Event()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._look_after, name="filters", daemon=True)

    def inside(self, argv: Sequence[str]) -> list[str]:
        """The command that runs `argv` where we are."""
        return list(argv)

    def accompany(self, daemon: Daemon) -> None:
        """Look after this one, and end it with the rest."""
        self._running.append(daemon)

    def begin(self) -> None:
        """Start them, and do not wait."""
        self._thread.start()

    def wait(self) -> None:
        """Wait until each listens or has failed."""
        self._up.wait()

    def stop(self) -> None:
        """End them all."""
        self._ending.set()
        self._thread.join()
        for each in self._running:
            each.stop()

    def _look_after(self) -> None:
        try:
            self._start()
        finally:
            self._up.set()
        while not self._ending.wait(AGAIN):
            for each in self._running:
                if not each.running:
                    with self._noting():
                        each.begin()

    def _start(self) -> None:
        filters = Filters(self, wait=False, keep=True)
        ways: dict[str, Callable[[], Filter]] = {
            "clamd": filters.clamd,
            "postgrey": lambda: filters.postgrey(delay=int(DELAY), port=self.place.policy_port),
            "opendmarc": lambda: filters.opendmarc(unix=True),
            "opendkim": lambda: filters.opendkim(unix=True),  # its key takes longest
            "clamav-milter": lambda: filters.clamav_milter(unix=True),  # looks for clamd when it starts
        }
        if "policyd-spf" in self.place.filters:
            filters.policyd_spf(service=False)  # Postfix spawns it
        for name, way in ways.items():
            if name in self.place.filters:
                with self._noting():
                    way()
        for each in self._running:
            with self._noting():
                each.await_ready()

    @contextlib.contextmanager
    def _noting(self) -> Iterator[None]:
        try:
            yield
        except (DemoError, OSError) as error:
            self.problems.append(str(error))
