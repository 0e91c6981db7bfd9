"""The first DKIM key of a server: what else opendkim and Postfix need, so that mail is really signed."""

from __future__ import annotations

import os
from collections.abc import Iterator

from mailtui.edits import milters
from mailtui.edits.candidate import Candidate
from mailtui.edits.datasets import AddLine
from mailtui.edits.dkimtables import FOLDER, set_keyword
from mailtui.edits.folders import MakeFolder, folder
from mailtui.edits.model import Edit
from mailtui.edits.plan import Plan
from mailtui.formats.milteritem import Endpoint, own_endpoint
from mailtui.formats.target import Target
from mailtui.milters.chains import milter_chains
from mailtui.milters.dkim.config import DkimConfig
from mailtui.milters.facts import World, facts
from mailtui.postfix.instance import Instance
from mailtui.postfix.lookups import split_list
from mailtui.text.safe import safe

PORT = "8891"
"""Where opendkim listens unless its file says otherwise: on loopback every service reaches it, chrooted or
not."""
HOSTS = "TrustedHosts"
_LOCAL = ("127.0.0.1", "::1", "localhost")


def first_setup(instance: Instance, config: DkimConfig) -> Plan:
    """The edits beside those of the key itself; none where everything is there. Raises InstanceError."""
    edits: list[Edit] = []
    says: list[str] = []
    if not config.signs:
        edits.append(set_keyword(config, "Mode", "sv"))
        says.append(f"Mode {safe(config.mode)} becomes sv: sign our mail, verify that of others")
    if not config.text("InternalHosts"):
        edits += _hosts(instance, config)
        says.append("InternalHosts gets this host and mynetworks: their mail is signed, as is mail of logins")
    if _asked(instance):
        return Plan(tuple(edits), tuple(says))
    where, socket = _socket(instance, config)
    edits += socket
    plan = milters.add(instance, where.postfix, "both")
    if plan.refused:
        return Plan(refused=plan.refused)
    says += [f"opendkim listens on {safe(where.postfix)}"] if socket else []
    return Plan((*edits, *plan.edits), (*says, *plan.says))


def _hosts(instance: Instance, config: DkimConfig) -> Iterator[Edit]:
    path = os.path.join(os.path.dirname(config.path), FOLDER, HOSTS)
    target = Target("trustedhosts", path)
    if not os.path.lexists(os.path.dirname(path)):
        yield MakeFolder(folder(os.path.dirname(path)), 0, 0, 0o755)
    listed = split_list(instance.parameters.effective("mynetworks"))
    networks = [each.replace("[", "").replace("]", "") for each in listed if _plain(each)]
    for host in dict.fromkeys((*_LOCAL, *networks)):
        yield AddLine(target, host)
    yield set_keyword(config, "InternalHosts", path)


def _plain(item: str) -> bool:
    """An address or network that opendkim reads as Postfix does; no table, no file, no exception."""
    return item[:1].isdigit() or item[:1] in {"[", ":"}


def _asked(instance: Instance) -> bool:
    """Whether a milter in a list is an opendkim."""
    world = World(instance)
    return any(
        facts(world, chain, row).name == "opendkim" for chain in milter_chains(instance) for row in chain.live
    )


def _socket(instance: Instance, config: DkimConfig) -> tuple[Endpoint, list[Edit]]:
    """Where Postfix finds it, and what has to be changed for that: a path outside the chroot, or behind a
    folder that is made as root, would not be found."""
    written = config.text("Socket")
    found = own_endpoint(written) if written else None
    if found is not None and found.kind == "inet":
        return found, []
    if found is not None and _in_queue(instance, found):
        inside = os.path.relpath(found.path, instance.queue_directory)
        return Endpoint("unix", path=inside), []
    edit = set_keyword(config, "Socket", f"inet:{PORT}@127.0.0.1")
    return Endpoint("inet", "127.0.0.1", PORT), [edit]


def _in_queue(instance: Instance, found: Endpoint) -> bool:
    queue = instance.queue_directory.rstrip("/")
    return found.path.startswith(f"{queue}/") and os.path.isdir(os.path.dirname(found.path))


def with_setup(instance: Instance, config: DkimConfig) -> tuple[Plan, DkimConfig]:
    """`first_setup`, and the configuration as it is with its edits made."""
    plan = first_setup(instance, config)
    if plan.refused or not plan.edits:
        return plan, config
    return plan, DkimConfig.read(config.path, Candidate(config.files, plan.edits))
