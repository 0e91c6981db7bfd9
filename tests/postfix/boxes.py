"""An instance with virtual mailboxes in a folder of the test's own, and the list of them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from mailtui.edits.candidate import Candidate
from mailtui.edits.model import Edit
from mailtui.formats.target import Target
from mailtui.postfix.instance import Instance
from mailtui.postfix.localusers import LocalUser, LocalUsers
from mailtui.postfix.mailboxes import MailboxList, MailboxRow, mailbox_list
from tests.postfix.conftest import MakeInstance

UID, GID = (5000, 5000) if os.geteuid() == 0 else (os.geteuid(), os.getegid())
"""Whose the mailboxes are."""
MAIN = {
    "virtual_mailbox_domains": "box.test",
    "virtual_mailbox_base": "BASE",
    "virtual_mailbox_maps": "hash:ETC/vmailbox",
    "virtual_alias_maps": "hash:ETC/virtual",
}


class Nobody(LocalUsers):
    """No account."""

    def find(self, name: str) -> LocalUser | None:
        return None

    def all(self) -> list[LocalUser]:
        return []


class Boxes:
    """Mailboxes of box.test in `base`. `lines` and, line by line, `more` set parameters, in which `ETC` is the
    configuration's folder; `files` are its tables, of which `compiled` are compiled (`hash:vmailbox`)."""

    def __init__(
        self,
        make: MakeInstance,
        root: Path,
        lines: Mapping[str, str],
        more: str = "",
        files: Mapping[str, str] | None = None,
        compiled: Sequence[str] = (),
    ) -> None:
        self.base = root / "vhosts"
        self.base.mkdir(exist_ok=True)
        pairs = (line.partition("=")[::2] for line in more.splitlines())
        values = {**MAIN, **lines, **{name.strip(): value.strip() for name, value in pairs}}
        main = "".join(f"{name} = {value}\n" for name, value in values.items())
        main = main.replace("ETC", str(root / "etc1")).replace("BASE", str(self.base))
        self.etc = make(main, files={"virtual": "", **(files or {})}, postmap=list(compiled))
        self.instance = Instance.open(str(self.etc))

    @property
    def target(self) -> Target:
        """The table of mailboxes."""
        return Target("table", str(self.etc / "vmailbox"), "hash")

    def after(self, edits: Sequence[Edit]) -> Instance:
        """The instance as it is with these edits, which fit."""
        candidate = Candidate(self.instance.files, edits)
        assert not candidate.conflicts
        assert not candidate.stopped
        return self.instance.over(candidate) if edits else self.instance

    def list(self, edits: Sequence[Edit] = ()) -> MailboxList:
        """The mailboxes with these edits; no account of this machine among them."""
        return mailbox_list(self.instance, self.after(edits), Nobody())

    def row(self, address: str, edits: Sequence[Edit] = ()) -> MailboxRow:
        """The mailbox of an address."""
        found = self.list(edits)
        at = found.find(("virtual", address))
        assert at is not None
        return found.row(at)
