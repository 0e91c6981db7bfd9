"""What `mailtui dkim` changes: keys made, activated and retired, and DNS asked for them."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from mailtui.apply.dkimmemory import remember
from mailtui.cli.change import carry_out
from mailtui.cli.context import Context, failed
from mailtui.cli.dkimkeys import Keys
from mailtui.cli.output import DONE, REFUSED, Failed, ask, columns, note, write, write_json
from mailtui.dns.dkimrecord import record_name, record_text, ways
from mailtui.edits import dkimplan
from mailtui.edits.dkimsetup import with_setup
from mailtui.edits.plan import Plan
from mailtui.milters.dkim import generate as making
from mailtui.milters.dkim import habit
from mailtui.milters.dkim.keyrows import keys, look
from mailtui.milters.dkim.place import owner
from mailtui.milters.dkim.rotation import Life, added, retired
from mailtui.milters.dkim.store import Memory, StoreError
from mailtui.postfix.errors import InstanceError
from mailtui.text.safe import safe


def generate(context: Context, options: argparse.Namespace) -> int:
    keys_now = Keys.read(context)
    try:
        wanted, domain, selector = _wanted(keys_now, options)
    except making.GenerateError as error:
        raise _not_made(error) from None
    if context.dry_run:
        return _would_make(context, wanted)
    if context.read_only:
        raise Failed("started with --read-only: nothing is written", do="leave it out, or ask with --dry-run")
    _agreed(context, wanted, domain)
    try:
        making.make_key(wanted)
    except making.GenerateError as error:
        raise _not_made(error) from None
    row = look(keys_now.config, domain, selector, wanted.path, configured=False)
    _kept(context, lambda memory: added(memory, row))
    record = record_text(row.data.kind, row.data.public)
    made = ways(record, record_name(selector, domain), domain)
    if context.json:
        write_json({
            "applied": True, "edits": [f"+ key {wanted.words()}"], "diff": "", "plan": [], "not_yours": [],
            "key_file": wanted.path, "selector": selector,
            "record": {
                "name": made.name, "host": made.host, "type": "TXT", "value": made.text,
                "pieces": list(made.pieces), "zone": made.zone,
            },
        })  # fmt: skip
        return DONE
    note(f"made {wanted.words()}; it signs nothing yet")
    for each in row.problems:
        note(f"warning: {each.words}")
    note("publish this record:")
    write(made.zone)
    note(f"in a form: name {made.host}, type TXT, value in one piece:")
    write(made.text)
    note(
        f"then: mailtui dkim check {domain} {selector}; when that ends with 0: mailtui dkim activate {domain}"
    )
    return DONE


def _wanted(now: Keys, options: argparse.Namespace) -> tuple[making.Wanted, str, str]:
    domain = making.check_name("domain", options.domain)
    rows = [life.row for life in now.lives(ask=False)]
    taken = [row.selector for row in rows if row.domain == domain]
    selector = making.check_name("selector", options.selector or habit.new_selector(taken))
    making.check_bits(options.bits)
    if selector in taken:
        raise making.GenerateError(f"{domain} has a selector {selector} already", "none is ever used twice")
    path = options.file or habit.key_path(now.config, keys(now.config), domain, selector)
    if not path.startswith("/"):
        raise making.GenerateError(f"{safe(path)} is no full path", "begin it with /")
    uid, gid = owner(now.config)
    return making.Wanted(path, options.type, options.bits, uid, gid), domain, selector


def _would_make(context: Context, wanted: making.Wanted) -> int:
    text = f"+ key {wanted.words()}"
    plan = [{"action": "make", "target": each, "why": "a folder, mode 0700"} for each in wanted.folders]
    plan.append({"action": "make", "target": wanted.path, "why": "now, no undo; it signs nothing yet"})
    if context.json:
        write_json({"applied": False, "edits": [text], "diff": "", "plan": plan, "not_yours": []})
    else:
        note(text)
        for each in plan:
            note(f"  {each['action']} {each['target']}: {each['why']}")
    return DONE


def _agreed(context: Context, wanted: making.Wanted, domain: str) -> None:
    """The admin types the domain; --yes stands for it. Raises Failed."""
    if context.yes:
        return
    what = f"now, no undo: makes 1 key file, {wanted.words()}"
    if not sys.stdin.isatty():
        raise Failed(what, do="--yes agrees to it; --dry-run only says so")
    ask(f"{what}\ntype {domain} to make it:\n")
    if sys.stdin.readline().strip().lower() != domain:
        raise Failed("not agreed to: nothing was made", do=f"type {domain}, or say --yes")


def _not_made(error: making.GenerateError) -> Failed:
    return Failed(error.what, file=error.path, do=error.do)


def _kept(context: Context, change: Callable[[Memory], Memory]) -> None:
    try:
        remember(context.instance, change)
    except StoreError as error:
        raise Failed(str(error)) from None


def check(context: Context, options: argparse.Namespace) -> int:
    now = Keys.read(context)
    found = [
        life for life in now.lives(options.domain, options.selector, ask=True) if _wants_record(life, options)
    ]
    if not found:
        raise Failed(f"{options.domain} has no key to look for", do="mailtui dkim list shows all")
    now.save()
    if context.json:
        write_json([life.as_json() for life in found])
    else:
        for line in columns([cells for life in found for cells in _servers(life)]):
            write(line)
        for life in found:
            note(f"{_name(life)}: {life.seen.count if life.seen else 'not known'}")
    return DONE if all(life.published == "yes" for life in found) else REFUSED


def _wants_record(life: Life, options: argparse.Namespace) -> bool:
    return bool(options.selector) or life.state != "retired"


def _servers(life: Life) -> list[tuple[str, ...]]:
    seen = life.seen.seen if life.seen is not None else ()
    return [(_name(life), each.server or "DNS", each.address, each.state, each.why) for each in seen]


def _name(life: Life) -> str:
    return record_name(life.row.selector, life.row.domain)


def activate(context: Context, options: argparse.Namespace) -> int:
    now = Keys.read(context)
    life = now.one(options.domain, options.selector, ("new", "published"), "activate")
    if life.published != "yes":
        _overridden(options, f"{_name(life)}: {life.step.words}", "mailtui dkim check waits for it")
    try:
        setup, config = with_setup(context.instance, now.config)
    except InstanceError as error:
        raise failed(error) from None
    row = look(config, life.row.domain, life.row.selector, life.row.key_file, configured=False)
    plan = setup if setup.refused else dkimplan.activate(config, life.row if life.row.configured else row)
    plan = Plan((*setup.edits, *plan.edits), (*setup.says, *plan.says), plan.refused)
    now.save()  # who signs until now
    return _carried_out(context, plan, lambda memory: memory)


def retire(context: Context, options: argparse.Namespace) -> int:
    now = Keys.read(context)
    life = now.one(options.domain, options.selector, ("retiring",), "retire")
    if not life.step.ready:
        _overridden(options, f"{_name(life)}: {life.step.words}", "wait")
    now.save()
    return _carried_out(context, dkimplan.retire(now.config, life), lambda memory: retired(memory, life.key))


def _overridden(options: argparse.Namespace, why: str, do: str) -> None:
    """Raises Failed unless the domain was typed again; --yes is not enough."""
    if options.anyway.rstrip(".").lower() != options.domain.rstrip(".").lower():
        raise Failed(why, do=f"{do}; --anyway {options.domain} does it all the same")


def _carried_out(context: Context, plan: Plan, change: Callable[[Memory], Memory]) -> int:
    if plan.refused:
        what, _, do = plan.refused.rpartition("; ")
        raise Failed(what or do, do=do if what else "")
    for text in plan.says:
        note(f"note: {text}")
    status = carry_out(context, plan.edits)
    if status == DONE and not context.dry_run:
        _kept(context, change)
        Keys.read(context).save()
    return status
