"""One running demo: its files, its name server, its Postfix, its neighbours; started and stopped as one."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import os
import time
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from mailtui import commands
from mailtui.demo import accounts, files, guards
from mailtui.demo.place import DemoError, Mode, settle
from mailtui.postfix.statefolder import label

if TYPE_CHECKING:
    from mailtui.demo.replay import Replay
    from mailtui.demo.secondary import Secondary
    from mailtui.demo.traffic import Answer, Message


class Demo:
    """Falcot Corp's mail server in one folder, between `start` and `stop`.

    In mode NAMESPACE it must be used inside namespaces that `namespace.prepare` has made ready. A folder
    that holds a demo already is used as it is. Without `keep` nothing outlives the namespaces, so Postfix
    need not be stopped in order before them. Raises DemoError where the server cannot be had.
    """

    def __init__(self, directory: Path, mode: Mode, *, keep: bool = True, filters: bool = True) -> None:
        self.place, self.new = settle(directory, mode)
        self.keep = keep
        self.filters = filters and mode is Mode.NAMESPACE
        self.notes: list[str] = []
        if self.new:
            self._equip()
        self._running = contextlib.ExitStack()
        self._replay: Replay | None = None
        self._guards: guards.Guards | None = None
        self._second: Secondary | None = None

    def _equip(self) -> None:
        """Find what can be had here beside Postfix itself, and say what cannot."""
        lacking = accounts.missing()
        if lacking:
            self.notes.append(f"no accounts, no TLS: {lacking} is not installed")
        chosen, left_out = guards.available(self.place) if self.filters else ((), "")
        if left_out:
            self.notes.append(left_out)
        self.place = dataclasses.replace(self.place, accounts=not lacking, filters=chosen)

    @property
    def config_dir(self) -> Path:
        return self.place.etc

    @property
    def log(self) -> Path:
        return self.place.log

    @property
    def mode(self) -> Mode:
        return self.place.mode

    def start(self) -> None:
        """Write the files where they are missing and start everything that this mode has."""
        if commands.find("postmap") is None:
            raise DemoError("Postfix is not installed", "apt-get install postfix")
        if self.new:
            files.write(self.place)
            self._introduce()
        if self.mode is Mode.REPLAY:
            self._start_replay()
            return
        try:
            self._start_neighbours()
            if self.filters and self.place.filters:
                self._guards = guards.Guards(self.place)
                self._guards.begin()
                self._running.callback(self._guards.stop)
            if self.keep or self.mode is not Mode.NAMESPACE:
                self._running.callback(self._stop_postfix)
            self._start_postfix()
        except BaseException:
            self._running.close()
            raise

    def _introduce(self) -> None:
        """Let mailtui know the instance, as after a first run: its note on a server that is new to it would
        stand before what the demo is to show."""
        known = self.place.state / label(str(self.config_dir))
        self.place.state.mkdir(mode=0o755, exist_ok=True)
        known.mkdir(mode=0o700, exist_ok=True)

    def stop(self) -> None:
        """Stop everything. The files stay."""
        self._running.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def settled(self) -> None:
        """Wait until the filters listen, if there are any; what does not come up goes to the demo's log."""
        if self._guards is None:
            return
        self._guards.wait()
        if self.new and self._second is not None:
            self._second.take_over()  # the first key's record has long been everywhere
        for problem in self._guards.problems:
            logging.getLogger(__name__).error("%s", problem)

    def environment(self) -> dict[str, str]:
        """What a program run beside this server is given over its own environment.

        MAILTUI_CONFIG_DIR names the configuration directory, MAILTUI_STATE_DIR keeps mailtui's history
        below the demo, and MAIL_CONFIG makes a plain `mailq` or `postconf` speak of this server.
        """
        config = str(self.config_dir)
        return {
            "MAILTUI_CONFIG_DIR": config,
            "MAILTUI_STATE_DIR": str(self.place.state),
            "MAIL_CONFIG": config,
            "PATH": commands.SEARCH_PATH + os.pathsep + os.environ.get("PATH", ""),
        }

    def send(
        self, to: str, sender: str = "desk@partner.example", subject: str = "A test", body: str = "Hello.\r\n"
    ) -> Answer:
        """Send one message from 127.0.0.1, whom the server trusts, and return the deciding answer."""
        from mailtui.demo import traffic

        message = traffic.Message(traffic.PARTNER, sender, (to,), subject, body=body)
        return traffic.send(self.place, message, as_client=False)

    def deliver(self, message: Message) -> None:
        """Carry one message of the demo's traffic: by SMTP, or into the replayed log."""
        from mailtui.demo import traffic

        if self._replay is not None:
            self._replay.deliver(message)
        else:
            traffic.send(self.place, message)

    def _start_replay(self) -> None:
        from mailtui.demo.replay import Replay

        self._replay = Replay(self.log)
        if self.new:
            self._replay.history(time.time())

    def _start_neighbours(self) -> None:
        from mailtui.demo import background, elsewhere, greylist, nameserver, secondary, syslog, zones
        from mailtui.demo.namesfile import ZoneError

        enter = self._running.enter_context
        own = self.mode is Mode.NAMESPACE
        try:
            dns = nameserver.Nameserver(self.place.names, "127.0.0.1" if own else files.LOOPBACK_DNS)
            enter(dns)
        except OSError as error:
            if own:
                raise DemoError(f"no name server can be had: {error.strerror}") from None
            self.notes.append(f"no name server at {files.LOOPBACK_DNS}:53 ({error.strerror}), so no names")
        except ZoneError as error:
            raise DemoError(f"{self.place.names}: {error}", "mend or remove this line") from None
        if own:
            enter(nameserver.Nameserver(self.place.names, zones.FIRST_SERVER))
            self._second = enter(secondary.Secondary(self.place.names, zones.SECOND_SERVER))
        if not (self.filters and "postgrey" in self.place.filters):
            policy = greylist.Greylist(("127.0.0.1", self.place.policy_port))
            enter(background.serving(policy, "greylist"))
        if own:
            enter(background.serving(elsewhere.Elsewhere((elsewhere.ADDRESS, elsewhere.PORT)), "elsewhere"))
            if not Path("/dev/log").exists():
                enter(background.serving(syslog.Syslog(Path("/dev/log"), self.log, "mail"), "syslog"))

    def _start_postfix(self) -> None:
        done = commands.act(["postfix", "-c", str(self.config_dir), "start"], terminal=True, timeout=60)
        if not done.ok:
            raise DemoError(f"Postfix does not start: {done.words}")

    def _stop_postfix(self) -> None:
        """Stop Postfix, at once if it will not stop in order."""
        command = ["postfix", "-c", str(self.config_dir)]
        if not commands.ask([*command, "status"]).ok:
            return
        for verb in ("stop", "abort"):
            if commands.ask([*command, verb], timeout=30).ok:
                return
        raise DemoError("the demo's Postfix does not stop", f"postfix -c {self.config_dir} abort")
