"""What every program beside a demo's or a lab's Postfix needs: its files, folders, sockets, and main.cf."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from mailtui import commands
from mailtui.demo.daemon import Daemon, Endpoint
from mailtui.demo.dkimkeys import number_of
from mailtui.demo.filterfiles import filled, with_settings
from mailtui.demo.place import DemoError, Place

SETTLED = 10.0
"""Seconds that main.cf is made older than now: every Postfix program waits on one younger than two."""


class Host(Protocol):
    """What filters stand beside: a lab, or the demo itself from within its namespaces."""

    @property
    def place(self) -> Place: ...

    def inside(self, argv: Sequence[str]) -> list[str]:
        """The command that runs `argv` in the server's namespaces."""
        ...

    def accompany(self, daemon: Daemon) -> None:
        """End this program when the server ends."""
        ...


class Filter(Daemon):
    """A filter that runs: `name`, its `config` file, its `address` as main.cf names it."""

    def __init__(self, name: str, argv: Sequence[str], endpoint: Endpoint, config: Path, host: Host) -> None:
        self.name = name
        self.config = config
        self.address = endpoint.postfix(host.place.spool)
        super().__init__(argv, endpoint, host.place.log.parent / f"{name}.out", host.inside)


class Beside:
    """Writes and starts what stands beside one server.

    `wait=False` leaves `await_ready` to the caller; with `keep` a file that is there already stays as it is.
    """

    def __init__(self, host: Host, *, wait: bool = True, keep: bool = False) -> None:
        self.host = host
        self.place = host.place
        self.wait = wait
        self.keep = keep

    def attach(self, *filters: Filter, default_action: str = "accept", **settings: str) -> None:
        """Let Postfix ask these milters, in this order, about all mail; further main.cf settings beside."""
        chain = ", ".join(each.address for each in filters)
        self.configure(
            {
                "smtpd_milters": chain,
                "non_smtpd_milters": chain,
                "milter_default_action": default_action,
                **settings,
            }
        )

    def configure(self, settings: Mapping[str, str]) -> None:
        """Set main.cf parameters, reload, and leave main.cf old enough for nobody to wait for it."""
        etc = str(self.place.etc)
        if settings:
            self._run(["postconf", "-c", etc, "-e", *(f"{name}={value}" for name, value in settings.items())])
        old = time.time() - SETTLED
        os.utime(self.place.etc / "main.cf", (old, old))
        self._run(["postfix", "-c", etc, "reload"])
        time.sleep(0.1)  # until then an old smtpd may still take a connection

    def _begun(self, name: str, argv: Sequence[str], endpoint: Endpoint, config: Path) -> Filter:
        made = Filter(name, argv, endpoint, config, self.host)
        self.host.accompany(made)
        made.begin()
        if self.wait:
            made.await_ready()
        return made

    def _endpoint(self, path: str, port: int, *, unix: bool) -> Endpoint:
        """A port of loopback, or the socket `OWNER/NAME` below the queue directory. The owner gets a folder
        for it, and one for its process number, as systemd and the packages make them."""
        owner = path.partition("/")[0]
        self._folder(self.place.run / owner, owner, 0o755)
        if not unix:
            return Endpoint(port=port)
        self._folder(self.place.spool / owner, owner, 0o750)
        return Endpoint(self.place.spool / path)

    def _config(
        self,
        path: str,
        text: str,
        endpoint: Endpoint,
        words: Mapping[str, str],
        settings: Mapping[str, str],
        between: str = " ",
    ) -> Path:
        own = {
            "SOCKET": endpoint.milter(),
            "ETC": str(self.place.settings),
            "RUN": str(self.place.run),
            "CLAMD": str(self.place.run / "clamav" / "clamd.ctl"),
        }
        return self._write(path, with_settings(filled(text, {**words, **own}), settings, between))

    def _write(self, path: str, text: str) -> Path:
        """Write one file below etc/; the name of a file that everybody may read."""
        target = self.place.settings / path
        if self.keep and target.exists():
            return target
        target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        target.write_text(text)
        target.chmod(0o644)
        return target

    def _folder(self, path: Path, user: str, mode: int, group: str | None = None) -> Path:
        path.mkdir(mode=mode, parents=True, exist_ok=True)
        path.chmod(mode)
        os.chown(path, number_of(user, "user"), number_of(group or user, "group"))
        return path

    def _run(self, argv: Sequence[str], stdin: bytes = b"") -> None:
        done = commands.ask(self.host.inside(argv), stdin=stdin)
        if not done.ok:
            raise DemoError(f"{argv[0]}: {done.words}")
