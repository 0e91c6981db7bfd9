"""What is wrong, or doubtful, about the domains of an instance: told as what it does to mail."""

from __future__ import annotations

from collections.abc import Iterator

from mailtui.postfix.domainkeys import tally
from mailtui.postfix.domains import CLASS_PARAMETERS, DomainClass, domain_class
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.hosted import Hosted, Place
from mailtui.postfix.instance import Instance
from mailtui.text.safe import safe

CLASS_NAMES: dict[DomainClass, str] = {
    "local": "local",
    "virtual-alias": "virtual alias",
    "virtual-mailbox": "virtual mailbox",
    "relay": "relay",
    "default": "none of ours",
}

CLASS_SENTENCES: dict[DomainClass, str] = {
    "local": "Every account and every alias of this machine (aliases(5)) has an address in it.",
    "virtual-alias": "Its addresses are aliases only, each leads somewhere else; what has no alias is "
    "refused.",
    "virtual-mailbox": "Its addresses have mailboxes of their own, without accounts on this machine.",
    "relay": "Mail for it is taken and passed on to the server that has its mailboxes.",
    "default": "No mail is taken for it from outside; mail that is sent through this server goes out to it.",
}
"""What each class means for an address in the domain."""

_PARAMETER = dict(CLASS_PARAMETERS)
_SILENT = {("local", "relay")}
"""The pair of classes of which trivial-rewrite(8) says nothing when a domain is in both."""


def place_words(place: Place) -> str:
    """Where a domain is listed: `mydestination, /etc/postfix/main.cf:12`."""
    if place.file is None:
        return f"{place.parameter}, by default" if place.table is None else safe(place.source)
    line = "" if place.line is None else f":{place.line}"
    if place.source == place.parameter:
        return f"{place.parameter}, {safe(place.file)}{line}"
    return f"{safe(place.source)}{line if place.table is None else ''}"


def domain_warnings(hosted: Hosted, domain: str, kind: DomainClass) -> tuple[str, ...]:
    """What to know of a domain in one of its classes. `default`: why a domain that none lists is shown."""
    if kind == "default":
        return tuple(_unhosted(hosted, domain))
    found = (_doubles, _again, _empty)
    return tuple(text for each in found for text in each(hosted, domain, kind))


def _doubles(hosted: Hosted, domain: str, kind: DomainClass) -> Iterator[str]:
    classes = hosted.classes_of(domain)
    first = classes[0] if classes else kind
    if len(classes) < 2:
        return
    if kind != first:
        yield (
            f"{_PARAMETER[first]} has it too and comes first "
            f"({place_words(hosted.classes[first].found[domain])}): "
            f"mail for it is {_treated(first)}; {_lost(hosted, domain, kind)}"
        )
        return
    for other in classes[1:]:
        logged = "" if (first, other) in _SILENT else "; Postfix logs a warning about it for its mail"
        yield (
            f"{_PARAMETER[other]} has it too ({place_words(hosted.classes[other].found[domain])}), "
            "which counts for "
            f"nothing: mail for it is {_treated(first)}; {_lost(hosted, domain, other)}{logged}"
        )


def _treated(kind: DomainClass) -> str:
    match kind:
        case "local":
            return "delivered to the accounts and aliases of this machine"
        case "virtual-alias":
            return "taken for its aliases only, and refused for all other names"
        case "virtual-mailbox":
            return "delivered to the mailboxes of virtual_mailbox_maps"
        case "relay":
            return "passed on to another server"
    return "not taken from outside"


def _lost(hosted: Hosted, domain: str, kind: DomainClass) -> str:
    """What of a class is without effect."""
    match kind:
        case "virtual-mailbox":
            boxes = hosted.mailboxes(domain)
            if not boxes:
                return "it has no mailbox in virtual_mailbox_maps"
            return f"none of it comes to {its(boxes, 'mailbox')} in virtual_mailbox_maps"
        case "virtual-alias":
            return "a name without an alias is not refused as a virtual alias domain would do"
        case "relay":
            return "nothing is passed on"
    return "no account gets any"


def its(number: int, what: str) -> str:
    """`its mailbox`, `its 3 mailboxes`."""
    return f"its {what}" if number == 1 else f"its {number} {what}es"


def _again(hosted: Hosted, domain: str, kind: DomainClass) -> Iterator[str]:
    for place in hosted.classes[kind].again.get(domain, ()):
        yield f"listed twice in this class, also in {place_words(place)}: that changes nothing"
    if domain.startswith(".") and kind != "relay":
        yield f"{_PARAMETER[kind]} compares whole names: {safe(domain)} matches nothing"
    elif domain.startswith(".") and hosted.classes[kind].kind == "parent":
        yield (
            "matches nothing: relay_domains is in parent_domain_matches_subdomains, where "
            f"{safe(domain[1:])} without the dot takes what is below it too"
        )


def _empty(hosted: Hosted, domain: str, kind: DomainClass) -> Iterator[str]:
    if hosted.classes_of(domain)[:1] != [kind] or kind not in {"virtual-alias", "virtual-mailbox"}:
        return
    if hosted.aliases(domain, kind) or hosted.mailboxes(domain) or hosted.catch_all(domain):
        return
    if any(lookup.target is None for lookup in (*hosted.alias_maps, *hosted.mailbox_maps)):
        return  # who knows what a directory or a pattern has
    if kind == "virtual-mailbox" and not hosted.mailbox_maps:
        yield (
            "virtual_mailbox_maps is empty: every address in it is accepted, and its mail comes back as "
            "undeliverable to senders who may be forged"
        )
    else:
        yield "it has no address yet: all mail for it is refused (550 User unknown)"


def _unhosted(hosted: Hosted, domain: str) -> Iterator[str]:
    own = dict(missing_own_names(hosted.instance))
    if domain in own:
        yield own[domain]
        return
    aliases, boxes = hosted.aliases(domain, "default"), hosted.mailboxes(domain)
    tallies = [tally(text.document) for text in hosted.alias_texts]
    if any(domain in each.addresses or domain in each.catch_alls for each in tallies):
        what = its(aliases, "alias") if aliases else "its catch-all"
        yield (
            f"no class takes it: mail for it from outside is refused (Relay access denied); only mail "
            f"that is sent through this server meets {what} in virtual_alias_maps"
        )
    if boxes:
        yield (
            f"no mail comes to {its(boxes, 'mailbox')} in virtual_mailbox_maps: "
            "virtual_mailbox_domains does not have it"
        )


def missing_own_names(instance: Instance) -> list[tuple[str, str]]:
    """Names of this host that no class takes, each with what becomes of their mail."""
    parameters = instance.parameters
    relayhost = parameters.effective("relayhost")
    found = []
    for name, written, who in (
        (parameters.effective("myhostname").casefold(), "$myhostname", "this host's own name"),
        ("localhost", "localhost", "what programs of this machine write to"),
    ):
        if domain_class(instance, name) != "default":
            continue
        if relayhost:
            fate = f"goes to {safe(relayhost)} (relayhost) and not into a mailbox here"
        else:
            fate = (
                "is not delivered here: Postfix looks for its server, finds itself, and returns it "
                "(loops back to myself)"
            )
        found.append((name, f"mydestination lacks {written}, {who}: mail for root@{safe(name)} {fate}"))
    return found


def list_notes(hosted: Hosted) -> list[str]:
    """What holds for a whole class, or for every domain."""
    notes = []
    if hosted.classes["relay"].found and not hosted.instance.lookups("relay_recipient_maps"):
        notes.append(
            "relay_recipient_maps is empty: every address in a relay domain is accepted, and what its "
            "server refuses "
            "later comes back to senders who may be forged; list the addresses there are"
        )
    try:
        origin = hosted.instance.origin
    except InstanceError as error:
        return [*notes, f"myorigin: {error}"]
    if domain_class(hosted.instance, origin) == "default":
        notes.append(
            f"bare names are completed with {safe(origin)} (myorigin), which no class takes: mail for "
            "root or cron "
            "leaves this host"
        )
    return notes
