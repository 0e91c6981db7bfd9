"""Writes a demo's files: Falcot Corp's configuration, its tables, compiled, and the folders mail goes to."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from mailtui import commands
from mailtui.demo import accounts, filterfiles, greylist, guards, maincf, spool, tables, zones
from mailtui.demo.namespace import FIRST_UID, USERS
from mailtui.demo.place import DemoError, Mode, Place, mark

VMAIL_ID = 5000
"""The uid and gid of falcot.org's mailboxes, which no account has."""
LOOPBACK_DNS = "127.53.53.53"
"""Where the name server of a demo without a namespace listens; chrooted services ask it."""
SETTLED = 10.0
"""Seconds that main.cf is made older than now: every Postfix program waits on one younger than two."""


def write(place: Place) -> None:
    """Write everything below the place's folder. Raises DemoError with Postfix's words where it refuses."""
    for folder in place.folders():
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    words = _words(place)
    for name, text in tables.TABLES.items():
        _put(place.etc / name, text, words)
    for name, text in tables.PROGRAMS.items():
        _put(place.directory / "bin" / name, text, words)
        (place.directory / "bin" / name).chmod(0o755)
    if place.mode is not Mode.NAMESPACE:
        _put(place.etc / "accounts", tables.ACCOUNTS + _accounts(place), words)
    _put(place.settings / "default" / "postgrey", greylist.options_file(place.policy_port), words)
    for name, text in greylist.WHITELISTS.items():
        _put(place.settings / "postgrey" / f"whitelist_{name}", text, words)
    _put(place.names, zones.NAMES, words)
    _put(place.etc / "master.cf", maincf.MASTER_CF, words)
    _put(place.etc / "main.cf", maincf.MAIN_CF, words)
    old = time.time() - SETTLED
    os.utime(place.etc / "main.cf", (old, old))
    _mail_folders(place)
    _chroot_files(place)
    if place.mode is Mode.NAMESPACE:
        spool.make(place.spool)
    if place.accounts:
        accounts.write(place)
    compile_tables(place)
    mark(place)


def compile_tables(place: Place) -> None:
    """Compile every indexed table with Postfix's own programs. Raises DemoError with their words."""
    alias_files = ["aliases"] if place.mode is Mode.NAMESPACE else ["aliases", "accounts"]
    for program, names in (("postalias", alias_files), ("postmap", tables.INDEXED)):
        try:
            done = commands.ask(
                [program, "-c", str(place.etc), *(f"hash:{place.etc / name}" for name in names)]
            )
        except commands.CommandError as error:
            raise DemoError(str(error), "apt-get install postfix") from None
        if not done.ok:
            raise DemoError(f"{program} refuses the demo's tables: {done.words}")


def _put(path: Path, text: str, words: dict[str, str]) -> None:
    for word, meaning in words.items():
        text = text.replace(word, meaning)
    path.parent.mkdir(mode=0o755, exist_ok=True)
    path.write_text(text)
    path.chmod(0o644)


def _words(place: Place) -> dict[str, str]:
    own = place.mode is Mode.NAMESPACE
    aliases = "alias_maps = hash:@ETC@/aliases" + ("" if own else ", hash:@ETC@/accounts")
    spawned = filterfiles.POLICYD_SERVICE.replace("@CONFIG@", "@SETTINGS@/" + filterfiles.POLICYD_PATH)
    judged = "policyd-spf" in place.filters
    return {
        "@ALIAS_MAPS@": aliases,
        "@LOGINS@": maincf.LOGINS if place.accounts else "",
        "@HANDING_IN@": maincf.WITH_LOGIN if place.accounts else maincf.WITHOUT_LOGIN,
        "@MILTERS@": guards.main_cf(place.filters),
        "@POLICYD@": maincf.POLICYD if judged else "",
        "@SPAWNED@": spawned if judged else "",
        "@ONLY_HERE@": maincf.NAMESPACE_ONLY if own else maincf.LOOPBACK_ONLY,
        # Where every transport is error:, this rule would refuse every sender.
        "@UNLISTED_SENDER@": "    reject_unlisted_sender,\n" if own else "",
        "@DIR@": str(place.directory),
        "@ETC@": str(place.etc),
        "@SETTINGS@": str(place.settings),
        "@INTERFACES@": "all" if own else "127.0.0.1",
        "@OFFICE@": "192.168.10.0/24",
        "@VMAIL_UID@": str(VMAIL_ID if os.geteuid() == 0 else os.geteuid()),
        "@VMAIL_GID@": str(VMAIL_ID if os.geteuid() == 0 else os.getegid()),
        "@POLICY_PORT@": str(place.policy_port),
        "@SMTP@": "smtp" if own else f"{place.smtp_port} ",
        "@SUBMISSION@": "submission" if own else f"{place.submission_port}     ",
        "@SUBMISSIONS@": "submissions" if own else f"{place.submissions_port}      ",
        "@CHROOT@": "n" if own else "y",
    }


def _accounts(place: Place) -> str:
    """Without users of our own, each account is a file that an alias names."""
    return "".join(f"{name + ':':<9}{place.mail / name}\n" for name in USERS)


def _mail_folders(place: Place) -> None:
    """The folders that delivery writes to, owned as local(8) and virtual(8) want them."""
    shared, vhosts = place.mail / "shared", place.mail / "vhosts"
    for folder in (shared, vhosts, vhosts / "falcot.org", *(place.homes / name for name in USERS)):
        folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    if os.geteuid() != 0:
        return
    shutil.chown(place.data, "postfix")
    place.data.chmod(0o700)
    shutil.chown(shared, "nobody")
    for folder in (vhosts, vhosts / "falcot.org"):
        os.chown(folder, VMAIL_ID, VMAIL_ID)
    if place.mode is Mode.NAMESPACE:
        for number, name in enumerate(USERS, 1):
            os.chown(place.homes / name, FIRST_UID + number, FIRST_UID)
    else:
        shutil.chown(place.mail, "nobody")  # alias_maps deliver to files here as default_privs


def _chroot_files(place: Place) -> None:
    """What chrooted services look up below the queue directory: our name server, not the host's."""
    etc = place.spool / "etc"
    etc.mkdir(mode=0o755, exist_ok=True)
    if place.mode is Mode.NAMESPACE:
        for name in ("resolv.conf", "hosts", "nsswitch.conf"):
            shutil.copyfile(f"/etc/{name}", etc / name)
    else:
        _put(etc / "resolv.conf", f"nameserver {LOOPBACK_DNS}\noptions timeout:2 attempts:1\n", {})
        _put(etc / "hosts", "127.0.0.1 localhost\n", {})
        _put(etc / "nsswitch.conf", "hosts: files dns\n", {})
    shutil.copyfile("/etc/services", etc / "services")
