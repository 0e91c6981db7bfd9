"""A server whose tables use every class and every kind of delivery, and local users that need not exist."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from mailtui.postfix.ends import find_ends
from mailtui.postfix.instance import Instance
from mailtui.postfix.localusers import LocalUser, LocalUsers
from mailtui.postfix.resolution import Resolution
from mailtui.postfix.resolve import fate, resolve
from tests.postfix.conftest import MakeInstance

MAIN = """\
myorigin = falcot.com
recipient_delimiter = +
virtual_alias_domains = falcotsbrand.com, loop.example
virtual_alias_maps = hash:{R}/virtual, hash:{R}/virtual2
alias_maps = hash:{R}/aliases
alias_database = $alias_maps
local_recipient_maps = proxy:unix:passwd.byname $alias_maps
virtual_mailbox_domains = box.example
virtual_mailbox_maps = hash:{R}/vbox
virtual_mailbox_base = /var/vmail
relay_domains = relay.example
relay_recipient_maps = hash:{R}/relay
recipient_canonical_maps = hash:{R}/canonical
transport_maps = hash:{R}/transport
relayhost = [out.example]:587
"""
VIRTUAL = """\
# the brand
webmaster@falcotsbrand.com  jean@falcot.com, m@box.example
contact@falcotsbrand.com    webmaster@falcotsbrand.com
@falcotsbrand.com           sophie
jean+x@falcotsbrand.com     laure
team@falcotsbrand.com       list
a@loop.example  b@loop.example
b@loop.example  a@loop.example
self@box.example self@box.example, x@remote.example
@moved.example  @falcotsbrand.com
"""
VIRTUAL2 = """\
webmaster@falcotsbrand.com  nobody-sees-this@falcot.com
second@falcotsbrand.com     laure@falcot.com
"""
ALIASES = """\
postmaster: root
root:   jean
web:    webmaster@falcotsbrand.com
prog:   "|/bin/echo a b", /var/spool/log file
incl:   :include:{R}/include
gone:   :include:{R}/no-such-file
me:     me, laure
l1: l2
l2: l1, laure
list:   jean, laure+hot, nobody-here
owner-team: jean
team:   laure, web
"""
INCLUDE = "jean\n# no one\nm@relay.example laure\n"
TABLES = ["virtual", "virtual2", "vbox", "relay", "canonical", "transport"]


class People(LocalUsers):
    """Local users that this machine need not have."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def find(self, name: str) -> LocalUser | None:
        if name not in {"jean", "laure", "sophie", "me", "root"}:
            return None
        return LocalUser(name, str(self._home / name), 0)

    def names(self, prefix: str, limit: int) -> list[str]:
        return [name for name in ("jean", "laure", "me", "root", "sophie") if name.startswith(prefix)][:limit]


class Server:
    def __init__(self, folder: Path, home: Path) -> None:
        self.instance = Instance.open(str(folder))
        self.folder = folder
        self.users = People(home)

    def __call__(self, address: str) -> Resolution:
        return resolve(self.instance, address, self.users)

    def ends(self, address: str) -> list[tuple[str, str, str]]:
        return [(end.address, end.how, end.delivery) for end in self(address).final]

    def fate(self, address: str) -> str:
        return fate(self.instance, address, self.users)

    def aliases_of(self, address: str) -> list[str]:
        return [end.alias for end in find_ends(self.instance, address, self.users)]


def make(instance_dir: MakeInstance, tmp_path: Path, more: str = "", without: Iterable[str] = ()) -> Server:
    """The server of MAIN with further lines; `without` names parameters of MAIN to leave out."""
    where = tmp_path / "etc1"
    lines = [line for line in MAIN.splitlines() if line.split()[0] not in set(without)]
    main = "\n".join([*lines, more, ""]).replace("{R}", str(where))
    files = {
        "virtual": VIRTUAL, "virtual2": VIRTUAL2, "aliases": ALIASES.replace("{R}", str(where)),
        "include": INCLUDE, "vbox": "m@box.example m/\nn@box.example n\nself@box.example self\n",
        "relay": "m@relay.example x\n", "canonical": "old@falcot.com jean\n",
        "transport": "slow.example smtp:[slow.example]\n.sub.example :[gate.example]\nbad.example error:5.1.2 closed\n",
    }  # fmt: skip
    folder = instance_dir(
        main, files=files, postmap=[f"hash:{name}" for name in TABLES], postalias=["hash:aliases"]
    )
    assert folder == where
    return Server(folder, tmp_path / "home")
