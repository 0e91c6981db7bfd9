"""Configuration folders and disposable Postfix instances for the tests of apply."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mailtui.apply import examine
from mailtui.postfix.instance import master_pid

MASTER = """\
127.0.0.1:{port} inet n - n - 1 smtpd
pickup    unix  n - n 60 1 pickup
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
showq     unix  n - n - - showq
error     unix  - - n - - error
retry     unix  - - n - - error
discard   unix  - - n - - discard
proxymap  unix  - - n - - proxymap
anvil     unix  - - n - 1 anvil
postlog   unix-dgram n - n - 1 postlogd
"""
MAIN = """\
compatibility_level = 3.6
queue_directory = {root}/spool
data_directory = {root}/data
maillog_file = {root}/log/mail.log
maillog_file_prefixes = {root}/log
myhostname = mx.lab.test
mydestination =
local_recipient_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
default_transport = discard
relay_transport = discard
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
smtpd_client_event_limit_exceptions = static:all
smtpd_error_sleep_time = 0
smtpd_hard_error_limit = 100000
smtpd_soft_error_limit = 100000
in_flow_delay = 0
virtual_alias_domains = v.test
virtual_alias_maps = {spec}
"""


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test writes into the state or lock folders of the machine."""
    monkeypatch.setenv("MAILTUI_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setattr("mailtui.apply.state.ROOT_LOCKS", str(tmp_path / "locks"))


@pytest.fixture
def root() -> Iterator[Path]:
    """A short path that Postfix's own users may traverse."""
    path = Path(tempfile.mkdtemp(prefix="mt-", dir="/tmp"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def etc(root: Path) -> Path:
    """A configuration folder that postmap -c can read at once."""
    folder = root / "etc"
    folder.mkdir()
    write_old(folder / "main.cf", "compatibility_level = 3.6\n")
    return folder


def write_old(path: Path, text: str) -> None:
    """Write a file with a time at which Postfix does not wait for it to settle."""
    path.write_text(text)
    os.utime(path, (1, 1))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Lab:
    """A disposable Postfix whose one smtpd accepts the recipients of v.test that the table names."""

    root: Path
    port: int
    type: str

    @property
    def etc(self) -> Path:
        return self.root / "etc"

    @property
    def config_dir(self) -> str:
        return str(self.etc)

    @property
    def queue_directory(self) -> str:
        return str(self.root / "spool")

    @property
    def log(self) -> str:
        return (self.root / "log/mail.log").read_text()

    def postfix(self, word: str) -> int:
        return subprocess.run(
            ["postfix", "-c", self.etc, word], check=False, capture_output=True, timeout=60
        ).returncode

    def kill(self) -> None:
        """End its processes, whatever its main.cf says by now and whichever queue it was moved to."""
        for queue in map(str, self.root.glob("spool*")):
            pid = master_pid(queue)
            if pid is not None:
                os.killpg(pid, signal.SIGKILL)
            while master_pid(queue) is not None:
                time.sleep(0.01)

    def start(self) -> None:
        assert self.postfix("start") == 0, self.log
        self.converse(lambda _: None)

    def rewrite_main(self, text: str) -> None:
        new = self.etc / "main.cf.new"
        write_old(new, text)
        new.rename(self.etc / "main.cf")

    def converse(self, talk: Callable[[Callable[[str], str]], None]) -> None:
        """Hold an SMTP session; `talk` is given a function from a command to its reply."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            stream = connection.makefile("rw", newline="\r\n")

            def say(command: str) -> str:
                if command:
                    stream.write(command + "\r\n")
                    stream.flush()
                while (line := stream.readline())[3:4] == "-":
                    pass
                return line

            assert say("").startswith("220")
            assert say("HELO x").startswith("250")
            talk(say)
            say("QUIT")
            stream.close()

    def accepts(self, *users: str) -> list[bool]:
        """Which of the recipients a new session takes."""
        said: list[bool] = []

        def talk(say: Callable[[str], str]) -> None:
            say("MAIL FROM:<>")
            said.extend(say(f"RCPT TO:<{user}@v.test>").startswith("250") for user in users)

        self.converse(talk)
        return said


@pytest.fixture
def make_lab(root: Path) -> Iterator[Callable[[str], Lab]]:
    """A function that makes and starts a Lab whose table is of the type given, holding `old@v.test`."""
    if os.geteuid() != 0:
        pytest.skip("only root can start a Postfix")
    labs: list[Lab] = []

    def make(kind: str) -> Lab:
        lab = Lab(root, free_port(), kind)
        for name in ("etc", "spool", "data", "log"):
            (root / name).mkdir()
        shutil.chown(root / "data", "postfix")
        (root / "data").chmod(0o700)
        write_old(lab.etc / "main.cf", MAIN.format(root=root, spec=f"{kind}:{lab.etc}/virtual"))
        write_old(lab.etc / "master.cf", MASTER.format(port=lab.port))
        (lab.etc / "virtual").write_text("old@v.test a@x.test\nkeep@v.test b@x.test\n")
        subprocess.run(["postmap", "-c", lab.etc, f"{kind}:{lab.etc}/virtual"], check=True)
        labs.append(lab)
        lab.start()
        return lab

    yield make
    for lab in labs:
        lab.kill()


@pytest.fixture
def without_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rules for values do not know the mistake: what comes after them must bear it."""
    monkeypatch.setattr(examine, "check_values", lambda _instance, _found: [])
