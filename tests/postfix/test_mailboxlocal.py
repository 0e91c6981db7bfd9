"""Where accounts get their mail: the parameters of local(8) in their order, .forward, and who is listed."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailtui.postfix.instance import Instance
from mailtui.postfix.localaccounts import LocalBoxes
from mailtui.postfix.localusers import LocalUser, LocalUsers
from mailtui.postfix.mailboxes import mailbox_list
from tests.postfix.conftest import MakeInstance


class Users(LocalUsers):
    def __init__(self, home: Path) -> None:
        self._all = [
            LocalUser("root", "/root", 0, gid=0),
            LocalUser("daemon", "/usr/sbin", 1, gid=1),
            LocalUser("mysql", str(home / "mysql"), 120, gid=120),
            LocalUser("jean", str(home / "jean"), 1001, gid=1001),
            LocalUser("Laure", str(home / "laure"), 1002, gid=1002),
            LocalUser("nobody", "/nonexistent", 65534, gid=65534),
        ]

    def find(self, name: str) -> LocalUser | None:
        return next((user for user in self._all if user.name == name), None)

    def all(self) -> list[LocalUser]:
        return self._all


@pytest.mark.parametrize(
    ("main", "path", "kind", "says"),
    [
        ("", "/var/mail/jean", "mbox", ""),
        ("mail_spool_directory = /srv/spool/\n", "/srv/spool/jean/", "maildir", ""),
        ("home_mailbox = Maildir/\n", "HOME/jean/Maildir/", "maildir", ""),
        ("home_mailbox = mbox\nmail_spool_directory = /x\n", "HOME/jean/mbox", "mbox", ""),
        (
            'mailbox_command = /usr/bin/procmail -a "$EXTENSION"\nhome_mailbox = Maildir/\n',
            "",
            "",
            "procmailrc",
        ),
        ("mailbox_command = /usr/bin/maildrop -d ${USER}\n", "", "", "mailfilter"),
        ("mailbox_command = /usr/lib/dovecot/dovecot-lda -f x\n", "", "", "Sieve"),
        ("mailbox_command = /opt/own tool\n", "", "", "piped to /opt/own tool"),
        (
            "mailbox_transport = lmtp:unix:private/dovecot-lmtp\nmailbox_command = /x\n",
            "",
            "",
            "handed to lmtp:unix:private/dovecot-lmtp: the server there says into which mailbox; Sieve",
        ),
    ],
)
def test_delivery(
    instance_dir: MakeInstance, tmp_path: Path, main: str, path: str, kind: str, says: str
) -> None:
    users = Users(tmp_path)
    user = users.find("jean")
    assert user is not None
    box = LocalBoxes(Instance.open(str(instance_dir(main))), users).of(user)
    assert (box.path, box.format) == (path.replace("HOME", str(tmp_path)), kind)
    assert says in box.delivery


def test_maps_come_before_the_parameter_for_all(instance_dir: MakeInstance, tmp_path: Path) -> None:
    folder = instance_dir(
        f"mailbox_command_maps = hash:{tmp_path}/etc1/commands\nmailbox_command = /bin/for-all\n",
        files={"commands": "jean /usr/bin/procmail\n"},
        postmap=["hash:commands"],
    )
    users = Users(tmp_path)
    boxes = LocalBoxes(Instance.open(str(folder)), users)
    found = [boxes.of(user) for user in users.all() if user.name in {"jean", "mysql"}]
    assert [(box.user.name, box.by) for box in found] == [
        ("mysql", "mailbox_command"),
        ("jean", "mailbox_command_maps"),
    ]


def test_who_is_listed_and_a_forward_is_noted(instance_dir: MakeInstance, tmp_path: Path) -> None:
    """Root and persons; a service only once it has mail; no name that local(8) never looks up."""
    spool = tmp_path / "spool"
    spool.mkdir()
    instance = Instance.open(
        str(
            instance_dir(
                f"mail_spool_directory = {spool}\nmyorigin = falcot.com\nforward_path = $home/.forward\n"
            )
        )
    )
    (tmp_path / "jean").mkdir()

    def rows() -> dict[str, tuple[bool, bool]]:
        boxes = mailbox_list(instance, instance, Users(tmp_path))
        return {row.address: (row.exists, row.forward) for row in boxes.rows() if row.kind == "local"}

    assert rows() == {"root@falcot.com": (False, False), "jean@falcot.com": (False, False)}
    (spool / "mysql").write_text("")
    forward = tmp_path / "jean" / ".forward"
    forward.write_text("jean@elsewhere.example\n")
    forward.chmod(0o644)
    assert rows() == {
        "root@falcot.com": (False, False),
        "mysql@falcot.com": (True, False),
        "jean@falcot.com": (False, True),
    }
    forward.chmod(0o666)  # local(8) does not follow it then
    assert rows()["jean@falcot.com"] == (False, False)


def test_an_alias_takes_it_first(instance_dir: MakeInstance, tmp_path: Path) -> None:
    folder = instance_dir(
        f"alias_maps = hash:{tmp_path}/etc1/aliases\nmyorigin = falcot.com\n",
        files={"aliases": "root: jean\njean: \\jean, other@x.example\n"},
        postalias=["hash:aliases"],
    )
    instance = Instance.open(str(folder))
    boxes = mailbox_list(instance, instance, Users(tmp_path))
    warned = {row.address: row.warnings for row in boxes.rows()}
    assert warned["root@falcot.com"] == (
        "the alias root (aliases:1) takes its mail → jean; it never gets here",
    )
    assert warned["jean@falcot.com"] == ()


def test_no_local_domain_no_accounts(instance_dir: MakeInstance, tmp_path: Path) -> None:
    instance = Instance.open(str(instance_dir("mydestination =\nmyorigin = falcot.com\n")))
    assert len(mailbox_list(instance, instance, Users(tmp_path))) == 0
