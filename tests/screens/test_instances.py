"""Several instances in one console: chosen by the palette's word, never mixed in one draft; and the first run."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from mailtui.postfix.statefolder import label
from tests.screens.aliasing import tmp_path
from tests.screens.pty_driver import Pty
from tests.screens.realconsole import ROOT

__all__ = ["tmp_path"]

MAIN = """\
multi_instance_name = postfix-{name}
queue_directory = {folder}
data_directory = {folder}
virtual_alias_domains = falcotsbrand.com
virtual_alias_maps = lmdb:{folder}/virtual
maillog_file = {folder}/log
"""


class Host:
    """Two instances that the settings name, and a state folder of its own."""

    def __init__(self, root: Path) -> None:
        self.root, self.state = root, root / "state"
        self.folders = {name: root / name for name in ("in", "out")}
        settings = root / "config/mailtui/config.toml"
        settings.parent.mkdir(parents=True)
        for name, folder in self.folders.items():
            folder.mkdir()
            (folder / "main.cf").write_text(
                "compatibility_level = 3.6\nmyhostname = mx.falcot.com\nmydestination =\nalias_maps =\n"
                + MAIN.format(name=name, folder=folder)
            )
            (folder / "master.cf").write_text("smtp inet n - n - - smtpd\n")
            (folder / "virtual").write_text(
                f"{name}-one@falcotsbrand.com a@falcot.com\ntwo@falcotsbrand.com b@falcot.com\n"
            )
            (folder / "log").write_text(f"Jan  1 13:22:21 mx postfix-{name}/smtpd[1]: fatal: of {name}\n")
            past = time.time() - 60
            os.utime(folder / "main.cf", (past, past))
            assert os.system(f"postmap lmdb:{folder}/virtual") == 0
        settings.write_text(
            "".join(
                f'[[instance]]\nname = "{name}coming"\nconfig_dir = "{at}"\n'
                for name, at in self.folders.items()
            )
        )

    def kept(self, name: str) -> list[str]:
        """What lies in the instance's state folder, the journal aside."""
        folder = self.state / label(str(self.folders[name]))
        return (
            sorted(each.name.partition("-")[0] for each in folder.glob("*.json")) if folder.exists() else []
        )

    def console(self, *words: str, size: tuple[int, int] = (80, 24)) -> Pty:
        env = {
            "PYTHONPATH": str(ROOT),
            "MAILTUI_STATE_DIR": str(self.state),
            "XDG_CONFIG_HOME": str(self.root / "config"),
        }
        return Pty([sys.executable, "-m", "mailtui", *words], size=size, env=env)


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def test_one_console_after_the_other(host: Host) -> None:
    with host.console("--instance", "incoming", "aliases") as term:
        term.wait_until("What mailtui found on mx.falcot.com")
        shown = term.wait_until("go on")
        assert "postfix-out; --config-dir opens one" in shown
        assert "2 in 1 table" in shown
        assert str(host.state) in shown.replace("\n", "")
        term.send("d")  # no key of the note's: it closes, and the key does what it always does
        shown = term.wait_until("1 staged")
        assert "postfix-in" in shown.splitlines()[0]
        assert "What mailtui found" not in shown
        assert host.kept("in") == ["console"]
        term.send("8")
        term.wait_until("fatal: of in")
        term.send("3")

        term.send(":", "instance nowhere", "enter")
        term.wait_until("No instance is called 'nowhere'")
        term.send(":", "instance", "enter")
        shown = term.wait_until("postfix-out")
        line = next(line for line in shown.splitlines() if "running, open" in line or "stopped, open" in line)
        assert "postfix-in" in line
        assert "1 staged" in line
        hidden = host.folders["out"] / "main.cf"
        hidden.rename(f"{hidden}.away")
        term.send("/", "postfix-out", "enter", "o")
        term.wait_until("cannot be opened")
        Path(f"{hidden}.away").rename(hidden)
        term.send("o")
        shown = term.wait_until("What mailtui found on mx.falcot.com")
        term.send("enter")

        shown = term.wait_until("out-one@falcotsbrand.com")
        assert "postfix-out" in shown.splitlines()[0]
        assert "staged" not in shown
        assert "in-one@" not in shown
        assert (host.kept("in"), host.kept("out")) == (["draft"], ["console"])
        term.send("8")
        assert "of in" not in term.wait_until("fatal: of out")

        term.send("3", ":", "instance incoming", "enter")
        shown = term.wait_until("still staged, kept from")
        assert "in-one@falcotsbrand.com" in shown
        assert host.kept("out") == []
        while "still staged, kept" in term.text:  # the dialog takes no key in its first half second
            term.send("escape")
            term.read(0.2)
        term.send("u")
        term.wait_until("Taken back")
        term.send("q")
        assert term.wait() == 0
        assert all(term.restored.values()), term.restored
        assert "Traceback" not in term.raw.decode("utf-8", "replace")
    assert host.kept("in") == host.kept("out") == []


def test_what_was_found_waits_for_nobody(host: Host) -> None:
    with host.console("--instance", "outcoming", size=(60, 20)) as term:
        term.send("3", "/", "one@", "enter")
        assert "[3Aliases]" in term.wait_until("1 of 2")
        term.settle(1)
        assert "What mailtui found on" not in term.text
        term.send(":", "firstrun", "enter")
        assert "more lines" not in term.wait_until("recover")
        term.send("q", "q")
        assert term.wait() == 0
    with host.console("--instance", "outcoming", size=(60, 20)) as term:
        term.wait_until("q quit")
        term.settle(1)
        assert "found" not in term.text
        term.send("q")
        assert term.wait() == 0
