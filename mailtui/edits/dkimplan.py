"""What an admin does with keys, as edits in one group: activate a key, retire it, set a domain up from
nothing."""

from __future__ import annotations

from collections.abc import Sequence

from mailtui.edits import dkimtables as rows
from mailtui.edits.candidate import Candidate
from mailtui.edits.datasets import RemoveKeyRow, SetKeyRow
from mailtui.edits.model import Edit
from mailtui.edits.plan import Plan
from mailtui.milters.dkim import habit
from mailtui.milters.dkim.config import DkimConfig
from mailtui.milters.dkim.keyrows import ANYBODY, KeyRow, keys
from mailtui.milters.dkim.rotation import Life
from mailtui.milters.dkim.signing import decide
from mailtui.text.safe import safe


def activate(config: DkimConfig, row: KeyRow, *, extra: Sequence[Edit] = ()) -> Plan:
    """The mail of the key's domain is signed with it from now on; the key that signed until now stays in its
    table. `extra`: edits that belong to it, as those of a first set-up."""
    if row.signs:
        return Plan(refused=f"{_name(row)} signs already")
    stops = next((each for each in row.problems if each.stops), None)
    if stops is not None:
        return Plan(refused=f"opendkim cannot sign with {_name(row)}: {stops.words}")
    before = decide(config, f"{ANYBODY}@{row.domain}")
    if config.tables:
        plan = _in_tables(config, row)
    elif config.key_file and not _alone(config, row.domain):
        plan = _into_tables(config, row)
    elif config.key_file:
        plan = _in_place(config, row)
    else:
        plan = _from_nothing(config, row)
    if plan.refused:
        return plan
    until_now = _until_now(before.requests[0].selector) if before.requests else ()
    return _proved(config, row, Plan((*extra, *plan.edits), (*plan.says, *until_now)))


def _name(row: KeyRow) -> str:
    return f"{safe(row.selector)}._domainkey.{safe(row.domain)}"


def _until_now(selector: str) -> tuple[str, ...]:
    return (f"selector {safe(selector)} signed until now: leave its record in DNS for its grace period",)


def _alone(config: DkimConfig, domain: str) -> bool:
    """Whether Domain names this one domain alone, in the file itself."""
    domains = config.domains
    return (
        domains is not None
        and domains.spec.kind == "csl"
        and [r.key.lower() for r in domains.rows] == [domain]
    )


def _in_tables(config: DkimConfig, row: KeyRow) -> Plan:
    made = rows.tables(config)
    if made is None:
        kinds = ", ".join(
            each.spec.kind for each in (config.keytable, config.signingtable) if each is not None
        )
        return Plan(
            refused=f"the tables ({kinds}) are no files that can be edited here; put the rows there by hand"
        )
    known = keys(config)
    name = row.name or habit.key_name(known, row.domain, row.selector)
    value = f"{row.domain}:{row.selector}:{row.key_file}"
    return Plan(tuple(rows.point(config, made, row.domain, name, value)))


def _in_place(config: DkimConfig, row: KeyRow) -> Plan:
    edits: list[Edit] = [rows.set_keyword(config, "KeyFile", row.key_file)]
    if config.selector != row.selector:
        edits.append(rows.set_keyword(config, "Selector", row.selector))
    return Plan(tuple(edits))


def _into_tables(config: DkimConfig, row: KeyRow) -> Plan:
    """More than one domain, or another than the one there is: tables take over, in the same step."""
    made = rows.new_tables(config)
    moved = tuple(rows.to_tables(config, made))
    over = Candidate(config.files, moved)
    if over.conflicts or over.stopped:
        why = str(over.stopped[0].reason) if over.stopped else str(over.conflicts[0])
        return Plan(refused=f"the tables cannot be made: {safe(why)}")
    second = _in_tables(DkimConfig.read(config.path, over), row)
    says = f"Domain, KeyFile and Selector become {safe(made.keys.path)} and {safe(made.signing.path)}"
    return Plan((*moved, *second.edits), (says, *second.says), second.refused)


def _from_nothing(config: DkimConfig, row: KeyRow) -> Plan:
    made = rows.new_tables(config)
    edits = list(rows.make_tables(config, made))
    over = DkimConfig.read(config.path, Candidate(config.files, edits))
    if rows.tables(over) is not None:  # they lie there from before
        second = _in_tables(over, row)
        return Plan((*edits, *second.edits), second.says, second.refused)
    name = habit.key_name((), row.domain, row.selector)
    edits.append(SetKeyRow(made.keys, name, f"{row.domain}:{row.selector}:{row.key_file}"))
    edits.append(SetKeyRow(made.signing, f"*@{row.domain}", name))
    return Plan(tuple(edits))


def _proved(config: DkimConfig, row: KeyRow, plan: Plan) -> Plan:
    """The plan, if it does what it is for: opendkim, with the edits made, signs the domain's mail with this
    key."""
    over = Candidate(config.files, plan.edits)
    if over.conflicts or over.stopped:
        why = str(over.stopped[0].reason) if over.stopped else str(over.conflicts[0])
        return Plan(refused=safe(why))
    found = decide(DkimConfig.read(config.path, over), f"{ANYBODY}@{row.domain}")
    if not any((each.domain, each.selector) == (row.domain, row.selector) for each in found.requests):
        why = found.why or "another entry of the SigningTable comes first"
        return Plan(refused=f"{_name(row)} would not sign: {why}; look at the tables")
    return plan


def retire(config: DkimConfig, life: Life) -> Plan:
    """The row of a key that signs nothing any more goes out of the KeyTable; its file and its record stay."""
    row = life.row
    if row.signs:
        return Plan(
            refused=f"{_name(row)} signs for {', '.join(map(safe, row.signs))}: activate another first"
        )
    if not row.configured or not row.name:
        return Plan(says=(f"no entry names {_name(row)} any more", *_left(row)))
    made = rows.tables(config)
    if made is None:
        return Plan(refused="the KeyTable is no file that mailtui edits; take its row out by hand")
    lead = rows.leading_to(config, row.name)  # entries that others shadow, and that would name no key now
    edits: list[Edit] = [RemoveKeyRow(made.signing, each.key, each.value or "") for each in lead]
    return Plan((*edits, *rows.remove_key(made, config, row.name)), _left(row))


def _left(row: KeyRow) -> tuple[str, ...]:
    record = f"take the record {_name(row)} out of DNS when it is retired"
    return (record, f"{safe(row.key_file)} stays where it is") if row.key_file else (record,)
