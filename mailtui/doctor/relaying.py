"""Open relays: how mail of strangers for other domains is taken, and what closes the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mailtui.doctor.case import Case, Server, fixed
from mailtui.doctor.leaks import ANYONE, FORGED, Leak, Strangers, worst
from mailtui.doctor.model import Finding, Severity
from mailtui.doctor.rulefixes import named
from mailtui.edits import ruleplan
from mailtui.edits.items import RemoveItem
from mailtui.edits.parameters import ResetParameter, SetParameter
from mailtui.edits.plan import Plan
from mailtui.edits.services import RemoveServiceOption
from mailtui.postfix.chainrows import Chain, RuleRow
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.restrictionnames import GUARDS
from mailtui.postfix.smtpd.service import Service
from mailtui.postfix.smtpd.session import PARAMETERS, Stage
from mailtui.text.safe import safe

GUARD = "reject_unauth_destination"
_RELAY: tuple[Stage, ...] = ("relay", "recipient")
_SOUND = f"permit_mynetworks, permit_sasl_authenticated, {GUARD}"
_LOCAL_NETWORKS = "127.0.0.0/8 [::ffff:127.0.0.0]/104 [::1]/128"
_SAYS = {
    ANYONE: ("error", "an open relay: everybody can send anywhere"),
    FORGED: ("error", "an open relay for whoever says the right name"),
}  # fmt: skip


def findings(case: Case) -> Iterator[Finding]:
    """No guard, open relays, guards blanked."""
    yield from _found(case, fixes=True)


def errors(case: Case) -> Iterator[Finding]:
    """Those that are errors, without what would put them right, which takes longer to find."""
    return (each for each in _found(case, fixes=False) if each.severity == "error")


def _found(case: Case, *, fixes: bool) -> Iterator[Finding]:
    stopped: dict[tuple[object, object], list[Server]] = {}
    for server in case.servers:
        if stops(case, server):
            places = _list(server, "relay").place, _list(server, "recipient").place
            stopped.setdefault(places, []).append(server)
        elif server.public:
            yield from _open(case, server, fixes=fixes)
    for servers in stopped.values():
        yield _unguarded(case, servers, fixes=fixes)


def stops(case: Case, server: Server) -> bool:
    """Whether smtpd(8) ends before it says a word, since nothing keeps it from relaying."""
    try:
        return any(reason.startswith("neither") for reason in Service(case.instance, server.service).fatal())
    except InstanceError:
        return False  # case.unread has it


def _unguarded(case: Case, servers: Sequence[Server], *, fixes: bool) -> Finding:
    server = servers[0]
    chain = _list(server, "relay")
    place = chain.place if chain.place.is_set else _list(server, "recipient").place
    plan = _guarding(case, server) if fixes else None
    fix, words = fixed(plan, f"put {GUARD} into {chain.place.title}")
    old = (
        ""
        if chain.live or chain.place.is_set
        else (
            ". smtpd_relay_restrictions is empty by default where compatibility_level is below 1, or not set"
        )
    )
    return Finding(
        "no-guard", "error", "smtpd does not start: nothing keeps it from relaying",
        place.target.path, place.line,
        "neither smtpd_relay_restrictions nor smtpd_recipient_restrictions has a reject_unauth_destination or"
        f" its like that is always reached: smtpd ends at each connection{old}", fix, words,
        tuple(each.service for each in servers),
    )  # fmt: skip


def _guarding(case: Case, server: Server) -> Plan | None:
    """The first change after which smtpd starts."""
    plans = [] if _list(server, "relay").live else [_default_back(case, server), *_sound(case, server)]
    tried = (case.tried(plan) for plan in [*plans, _guarded(case, server)] if plan is not None)
    return next((plan for plan in tried if plan is not None and _starts(case, server, plan)), None)


def _starts(case: Case, server: Server, plan: Plan) -> bool:
    after = case.over(plan)
    now = next((each for each in after.servers if each.service == server.service), None)
    return now is not None and not stops(after, now)


def _list(server: Server, stage: Stage) -> Chain:
    found = server.chains.chain(stage)
    assert found is not None  # there is one for every stage
    return found


def _open(case: Case, server: Server, *, fixes: bool) -> Iterator[Finding]:
    ways = Strangers(case, server).all()
    if ways:
        who = min(worst(leaks) for leaks in ways.values())
        stage = _blamed(server, ways)
        leak = next(leak for leak in ways[stage] if leak.who >= who)
        plan = _closing(case, server, ways, stage) if fixes else None
        yield _finding(case, server, stage, leak, who, plan)
        return
    place = _list(server, "relay").place
    if place.service and place.is_set and not _list(server, "relay").live:
        target, name = place.target, place.name
        was = case.option(server.service, name)
        fix, words = fixed(
            case.tried(Plan((RemoveServiceOption(target, server.service, name, was),))),
            "take the -o out of master.cf",
        )
        yield Finding(
            "guard-blanked", "advice", f"{server.service} has no relay list of its own",
            target.path, place.line,
            f"-o {name}= is blank: {_last_guard(server)} keeps this service from relaying, and a permit"
            " put before it there would make it an open relay", fix, words, (server.service,),
        )  # fmt: skip


def _last_guard(server: Server) -> str:
    for stage in _RELAY[::-1]:
        for row in _list(server, stage).live:
            if row.name.lower() in GUARDS and not row.warn_only:
                return f"only {safe(row.name)} in {row.place.title}"
    return "only another list"


def _blamed(server: Server, ways: dict[Stage, list[Leak]]) -> Stage:
    """The list in which to close the way: that for relaying, where it has rules."""
    return "relay" if "relay" in ways and _list(server, "relay").live else "recipient"


def _finding(case: Case, server: Server, stage: Stage, leak: Leak, who: int, plan: Plan | None) -> Finding:
    severity: Severity = "error" if who >= FORGED else "warning"
    title = _SAYS[who][1] if who in _SAYS else "may relay for strangers"
    chain = _list(server, stage)
    place = leak.row.place if leak.row is not None else chain.place
    line = leak.row.line if leak.row is not None else place.line
    file = place.target.path
    if leak.network and case.line("mynetworks") and not server.lists.own("mynetworks"):
        file, line = case.instance.main.path, _network_line(case, leak.network)
    guard = "no list behind it" if chain.live else "smtpd_relay_restrictions is empty, and no other list"
    why = (
        f"a client from outside gets 250 from {server.service} for a recipient in another domain:"
        f" {leak.why}; {guard} refuses what is left"
    )
    fix, words = fixed(plan, f"let {GUARD} stand before what permits, in {PARAMETERS['relay']}")
    rules = named(leak.row) if leak.row is not None else ()
    return Finding("open-relay", severity, title, file, line, why, fix, words, (server.service,), rules)


def _network_line(case: Case, network: str) -> int | None:
    items = case.instance.parameters.items("mynetworks")
    return next((line for text, line in items if network in text), case.line("mynetworks"))


# -- what closes it


def _closing(case: Case, server: Server, ways: dict[Stage, list[Leak]], stage: Stage) -> Plan | None:
    """The first change after which the service is no relay any more: each is tried before it is offered."""
    for plan in _candidates(case, server, ways, stage):
        tried = case.tried(*plan)
        if tried is not None and _closed(case, server, tried):
            return tried
    return None


def _closed(case: Case, server: Server, plan: Plan) -> bool:
    after = case.over(plan)
    now = next((each for each in after.servers if each.service == server.service), None)
    if now is None or stops(after, now):
        return False
    return not Strangers(after, now).all()


def _candidates(
    case: Case, server: Server, ways: dict[Stage, list[Leak]], stage: Stage
) -> Iterator[tuple[Plan, ...]]:
    networks = {leak.network for leaks in ways.values() for leak in leaks if leak.network}
    smaller = tuple(_without(case, server, networks)) if networks else ()
    if networks:
        yield smaller
    if stage == "recipient":  # the relay list is empty
        back = _default_back(case, server)
        if back is not None:
            yield (*smaller, back)
        for plan in _sound(case, server):
            yield (*smaller, plan)
    for each in dict.fromkeys((stage, "recipient")):
        moved = tuple(_behind(case, server, each, ways[each]))
        yield (*smaller, *moved)
    guarded = _guarded(case, server)
    if guarded is not None:
        yield (*smaller, guarded)


def _without(case: Case, server: Server, networks: set[str]) -> Iterator[Plan]:
    """mynetworks without those that hold everybody; this host alone where nothing is left."""
    instance = case.instance
    if server.lists.own("mynetworks"):
        return  # one value of master.cf: the admin knows what it is for
    written = [text for text, _ in instance.parameters.items("mynetworks")]
    if set(written) <= networks:
        was = instance.parameters.get("mynetworks")
        yield Plan((SetParameter(instance.main, "mynetworks", _LOCAL_NETWORKS, was),))
        return
    for network in sorted(networks & set(written)):
        at = written.index(network)
        below = written[at + 1] if at + 1 < len(written) else None
        yield Plan((RemoveItem(instance.main, "mynetworks", network, below),))


def _default_back(case: Case, server: Server) -> Plan | None:
    """An empty relay list given back to what stands above it: main.cf's, or the default of Postfix."""
    place = _list(server, "relay").place
    if not place.is_set:
        return None
    if place.service:
        was = case.option(place.service, place.name)
        return Plan((RemoveServiceOption(place.target, place.service, place.name, was),))
    return Plan((ResetParameter(place.target, place.name, case.instance.parameters.get(place.name) or ""),))


def _sound(case: Case, server: Server) -> Iterator[Plan]:
    """main.cf's relay list written out, for this service and all that have no list of their own."""
    name = PARAMETERS["relay"]
    if not server.lists.own(name):
        was = case.instance.parameters.get(name)
        yield Plan((SetParameter(case.instance.main, name, _SOUND, was),))


def _behind(case: Case, server: Server, stage: Stage, leaks: list[Leak]) -> Iterator[Plan]:
    """The rules that permit strangers go behind the guard of their list."""
    chain = _list(server, stage)
    mine = [row for row in chain.live if row.place == chain.place and not row.via]
    guard = next((n for n, row in enumerate(mine) if _is_guard(row)), None)
    if guard is None:
        return
    below = mine[guard + 1] if guard + 1 < len(mine) else None
    rows: dict[tuple[str, str, str, int, bool], RuleRow] = {}
    for leak in leaks:
        if leak.row is not None and not leak.network:
            rows[leak.row.key] = leak.row
    for row in rows.values():
        yield ruleplan.move(case.instance, row, below)


def _is_guard(row: RuleRow) -> bool:
    return row.name.lower() in GUARDS and not row.warn_only


def _guarded(case: Case, server: Server) -> Plan | None:
    """reject_unauth_destination in the relay list: before what permits everybody, else last."""
    chain = _list(server, "relay")
    if not chain.live and not chain.place.is_set:
        return None
    before = next((row for row in chain.live if row.name.lower() == "permit"), None)
    plan = ruleplan.insert(case.instance, chain.place, GUARD, before)
    return case.tried(plan)
