"""What a rehearsal is told of this host and of the instance: folders, owners, addresses, live sockets."""

from __future__ import annotations

import contextlib
import grp
import os
import pwd
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping

from mailtui.apply.rehearsal import neutral, sandbox, standins
from mailtui.apply.rehearsal.kernel import namespaces
from mailtui.apply.rehearsal.script import Script
from mailtui.apply.rehearsal.stubs import CLIENT, CLIENT_6
from mailtui.postfix.domains import CLASS_PARAMETERS, class_list
from mailtui.postfix.errors import InstanceError, ParameterError
from mailtui.postfix.instance import Instance
from mailtui.postfix.interfaces import host_addresses
from mailtui.postfix.lookups import INDEXED
from mailtui.postfix.services import services
from mailtui.text.safe import safe

OUTSIDER = "someone@elsewhere.example"
_TWICE = 3


def lacking(instance: Instance) -> dict[str, str]:
    """Without what Postfix does not start: the parameter that names it, and the words for it."""
    found: dict[str, str] = {}
    for name in ("queue_directory", "data_directory"):
        path = instance.parameters.effective(name)
        if not os.path.isdir(path):
            found[name] = f"{name}: there is no folder {safe(path)}, and Postfix does not start without it"
    lookups: tuple[tuple[str, Callable[[str], object]], ...] = (
        ("mail_owner", pwd.getpwnam),
        ("setgid_group", grp.getgrnam),
    )
    for name, look in lookups:
        owner = instance.parameters.effective(name)
        try:
            look(owner)
        except KeyError:
            found[name] = f"{name}: this machine knows no {safe(owner)}, and Postfix does not start without"
    return found


def script(instance: Instance, made: standins.Prepared, files: Mapping[str, str], folder: str) -> Script:
    values = instance.parameters
    owner = pwd.getpwnam(values.effective("mail_owner"))
    main, master = (os.path.realpath(each.path) for each in (instance.main, instance.master))
    laid = {main: os.path.join(folder, "main.cf"), master: os.path.join(folder, "master.cf")}
    spools = ["/var/mail", values.effective("mail_spool_directory"), values.effective("virtual_mailbox_base")]
    read = [
        os.path.realpath(path)
        for path in (instance.config_dir, values.effective("daemon_directory"), *sys.path)
    ]
    only_6 = values.effective("inet_protocols").lower() == "ipv6"
    return Script(
        config_dir=instance.config_dir,
        daemons=values.effective("daemon_directory"),
        queue=made.queue,
        data=made.data,
        owner=(owner.pw_uid, owner.pw_gid),
        drop=grp.getgrnam(values.effective("setgid_group")).gr_gid,
        files={**files, **laid},
        logs=_folders(["/var/log", os.path.dirname(values.effective("maillog_file"))]),
        spools=[
            path for path in _folders(spools) if not any(f"{each}/".startswith(f"{path}/") for each in read)
        ],
        keep=_named_below_covered(instance),
        addresses=sorted(host_addresses()),
        sockets=_live_sockets(),
        doors=made.doors,
        client=CLIENT_6 if only_6 else CLIENT,
        recipients=recipients(instance),
        knock=made.knock,
        milters=[neutral.MILTER],
        policies=[neutral.POLICY],
        auths=[neutral.AUTH],
        outside=namespaces(),
    )


def _live_sockets() -> list[str]:
    """The sockets in the file system at which a program of the host is bound (proc(5))."""
    try:
        with open("/proc/net/unix", "rb") as file:
            rows = [os.fsdecode(line).split(None, 7) for line in file.read().splitlines()[1:]]
    except OSError:
        return []
    paths = (row[7].strip() for row in rows if len(row) == 8)
    return sorted({path for path in paths if path.startswith("/")})


def _folders(paths: Iterable[str]) -> list[str]:
    """The folders that there are, links followed, none within another of them."""
    real = sorted({os.path.realpath(path) for path in paths if path and os.path.isdir(path)})
    kept: list[str] = []
    for path in real:
        if path != "/" and not any(path.startswith(f"{above}/") for above in kept):
            kept.append(path)
    return kept


def _values(instance: Instance) -> Iterator[str]:
    """Every value that main.cf or a service of master.cf sets."""
    names = [(instance.parameters.expanded, name) for name in instance.parameters.values.explicit]
    with contextlib.suppress(InstanceError):  # without a master.cf no service sets any
        for row in services(instance):
            own = instance.parameters.service(row.name, row.type)
            names += [(own.expanded, name) for name in row.values]
    for expanded, name in names:
        with contextlib.suppress(ParameterError):
            yield expanded(name)


def _named_below_covered(instance: Instance) -> list[str]:
    """The folders below /run and /tmp that the configuration reads from, and the files in these two that it
    names, with their compiled copies: they are shown in the rehearsal."""
    roots = sandbox.roots()
    covered = tuple(f"{root}/" for root in roots)
    found = {instance.config_dir, os.path.realpath(instance.config_dir)}
    files: set[str] = set()
    for value in _values(instance):
        for word in value.replace(",", " ").replace("{", " ").replace("}", " ").split():
            path = word.rpartition(":")[2].lstrip("!")
            if not path.startswith("/"):
                continue
            if os.path.isdir(path):
                found.add(path)
            elif os.path.realpath(os.path.dirname(path)) in roots:
                copies = (path + suffix for suffix in INDEXED.values())
                files |= {each for each in (path, *copies) if os.path.isfile(each)}
            else:
                found.add(os.path.dirname(path))
    writable = {
        instance.parameters.effective(name)
        for name in ("queue_directory", "data_directory", "mail_spool_directory")
    }
    folders = (path for path in found - writable if os.path.isdir(path))
    below = {path for path in folders if os.path.realpath(path).startswith(covered)}
    return sorted(below | files)


def recipients(instance: Instance) -> list[str]:
    """A known and an unknown address in a domain of each class, one in a few domains of two classes, and
    one elsewhere."""
    first: list[str] = []
    seen: dict[str, set[str]] = {}
    for _, parameter in CLASS_PARAMETERS:
        try:
            names = [item.text for item in class_list(instance, parameter).literals()]
        except ParameterError:
            continue
        domains = [
            name for name in names if "." in name and not name.startswith((".", "[")) and name.isascii()
        ]
        first += domains[:1]
        for name in domains:
            seen.setdefault(name.lower(), set()).add(parameter)
    twice = [name for name, parameters in seen.items() if len(parameters) > 1 and name not in first]
    found = [f"{user}@{domain}" for domain in first for user in ("postmaster", "no-such-name")]
    return [*found, *(f"postmaster@{domain}" for domain in twice[:_TWICE]), OUTSIDER]
