"""What a new mailbox comes to, as edits with their reasons (virtual(8)). No mail is touched."""

from __future__ import annotations

from mailtui.edits.entries import SetEntry, current
from mailtui.edits.mailboxfolders import Unusable, folders, writable_words
from mailtui.edits.mailboxids import owner_edits
from mailtui.edits.mailboxplan import extended_words, owner_words, shared_words, standing_entry, stands_words
from mailtui.edits.model import Edit
from mailtui.edits.parameters import SetParameter
from mailtui.edits.plan import Plan
from mailtui.formats.target import Target
from mailtui.postfix.aliastables import AliasTables
from mailtui.postfix.delivery import below
from mailtui.postfix.files import entries
from mailtui.postfix.instance import Instance
from mailtui.postfix.mailboxchecks import limit_words, routed_words, taken_words
from mailtui.postfix.mailboxhabit import path_words, shaped
from mailtui.postfix.mailboxids import ids_of
from mailtui.postfix.mailboxpropose import propose, table_for_new
from mailtui.postfix.mailboxtables import MAPS
from mailtui.postfix.mailsize import Format
from mailtui.postfix.propose import proposed_table
from mailtui.postfix.resolver import Resolver
from mailtui.text.safe import safe


def plan_new(
    instance: Instance,
    address: str,
    *,
    format: Format = "",  # noqa: A002
    path: str | None = None,
    uid: int | None = None,
    gid: int | None = None,
    create: bool = False,
    identity: bool = False,
) -> Plan:
    """A new mailbox. Without `format` the path's final slash decides, else the domain's habit. `create`: its
    folder too. `identity`: an alias of the address to itself too, so that no catch-all takes its mail.

    Raises ParameterError, InstanceError, and OSError for a table that cannot be read.
    """
    address = address.strip()
    if path is not None and not format:
        format = "maildir" if path.endswith("/") else "mbox"  # noqa: A001
    offer = propose(instance, address, format)
    standing = standing_entry(instance, address)
    if offer.problem or standing is not None:
        return Plan(refused=offer.problem or stands_words(standing))
    value = shaped(path if path is not None else offer.path, format or offer.format)
    uid = uid if uid is not None else offer.uid
    gid = gid if gid is not None else offer.gid
    resolver = Resolver(instance)
    why = path_words(offer.base, path if path is not None and path.startswith("/") else value)
    why = why or owner_words(resolver, uid, gid)
    if why:
        return Plan(refused=why)
    target = table_for_new(instance)
    assert isinstance(target, Target)
    edits: list[Edit] = [SetEntry(target, address, value)]
    if not instance.lookups(MAPS):
        edits.append(SetParameter(instance.main, MAPS, target.spec, instance.parameters.get(MAPS)))
    now = ids_of(resolver, resolver.normal(address))
    edits += owner_edits(instance, address, uid, gid, (now.uid, now.gid))
    full, shape = below(offer.base, value), "maildir" if value.endswith("/") else "mbox"
    says = [
        f"mail will lie in {safe(full)}, {_explained(shape)}",
        *extended_words(instance, resolver, address, edits),
    ]
    try:
        made, told = folders(instance, offer.base, full, (uid, gid)) if create else ([], [])
    except Unusable as error:
        return Plan(refused=str(error))
    alias, more = _identity(instance, resolver, address, wanted=identity)
    says += [*told, *more, *shared_words(instance, address, value)]
    if not create:
        says += writable_words(instance, offer.base, full, uid, gid)
    return Plan((*edits, *made, *alias), (*says, *_ways(instance, resolver, address)))


def _explained(shape: str) -> str:
    if shape == "maildir":
        return "a maildir: the slash at the end makes it one, each message is a file in it"
    return "an mbox: without a slash at the end all messages are in one file"


def _identity(
    instance: Instance, resolver: Resolver, address: str, *, wanted: bool
) -> tuple[list[Edit], list[str]]:
    """The alias of the address to itself, where an alias would take its mail; or a word about that."""
    taken = taken_words(resolver, resolver.normal(address))
    if not taken or address.startswith("@"):
        return [], [taken] if taken else []
    if not wanted:
        return [], [taken]
    proposal = proposed_table(instance, AliasTables.of(instance), address)
    if proposal.table is None or proposal.table.target is None:
        return [], [taken, f"no alias can be added: {proposal.reason}"]
    target = proposal.table.target
    try:
        own = current(entries(instance.files, target), address, ())
    except FileNotFoundError:
        own = None
    if isinstance(own, tuple):
        return [SetEntry(target, address, (address, *own), own)], [
            f"{safe(address)} keeps a copy of its mail now"
        ]
    return [SetEntry(target, address, (address,))], [
        f"an alias of {safe(address)} to itself keeps its mail here"
    ]


def _ways(instance: Instance, resolver: Resolver, address: str) -> list[str]:
    """What else keeps mail from it, or takes it elsewhere."""
    effective = instance.parameters.effective
    elsewhere, nowhere = routed_words(resolver, resolver.normal(address))
    names = ("message_size_limit", "virtual_mailbox_limit", "mailbox_size_limit")
    said = [f"its mail is {elsewhere}; the path does not count"] if elsewhere else []
    limits = [
        words
        for words in limit_words({name: effective(name) for name in names})
        if words.startswith("virtual_")
    ]
    return [*said, *([nowhere] if nowhere else []), *limits]
