"""What must answer for mail to flow: the milters, the policy services, the name server."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from mailtui.overview.line import Downs, Item, Line, many, said
from mailtui.postfix.instance import Instance

if TYPE_CHECKING:
    from mailtui.milters.look import Looked

MILTERS = 2.0
"""Seconds that a milter's answer is waited for."""
NAMES = 2.5
"""Seconds that the name server's answer is waited for."""
Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


def milters(instance: Instance, downs: Downs) -> Line:
    """Whether each milter in force answers as Postfix reaches it."""
    from mailtui.milters.facts import when_down, which_mail
    from mailtui.milters.look import look

    seen = [each for each in look(instance, MILTERS) if each.row.in_force]
    if not seen:
        return Line("milters", (said("none is asked", "dim"),))
    down: dict[str, Item] = {}
    up: dict[str, Item] = {}
    hidden: dict[str, Item] = {}
    more: list[str] = []
    for each in seen:
        address, name = each.row.address, each.facts.name
        called = address if name in {"", "unknown"} else name
        if each.is_hidden:
            hidden[address] = said(f"{called}: root alone may ask", "dim")
            continue
        since = downs.since(address, up=each.is_up)
        if each.is_up and each.alive is not None:
            up[address] = said(f"{called} {each.alive.ms:.0f} ms", "good")
            continue
        down[address] = said(f"{called} {_word(each)} {since}", "error")
        becomes = when_down(each.chain, each.row, name)
        more.append(f"{called}: {each.problem}; {which_mail(each.chain)}: {becomes}")
    alive = _alive([item for address, item in up.items() if address not in down])
    items = (*down.values(), *alive, *hidden.values())
    return Line("milters", items, "error" if down else "", tuple(more), alike=True)


def _alive(up: Sequence[Item]) -> list[Item]:
    """Those that answer, with the word for all of them before the first."""
    return [(("alive ", "good"), *up[0]), *up[1:]] if up else []


def _word(milter: Looked) -> str:
    """Why a milter does not serve, in a word or two."""
    stopped = milter.facts.out_of_reach
    if stopped is not None and stopped.word not in {"no socket", "nobody listens"}:
        return stopped.word
    return milter.alive.says if milter.alive is not None else "DOWN"


def policies(instance: Instance, downs: Downs) -> Line:
    """Whether each policy service of the chains answers, to a question about a session that is nobody's."""
    from mailtui.postfix.policyrows import asked, policy_rows, program_of
    from mailtui.postfix.policysettings import when_down

    rows = policy_rows(instance)
    if not rows:
        return Line("policy", (said("no rule asks a policy service", "dim"),))
    down: list[Item] = []
    up: list[Item] = []
    hidden: list[Item] = []
    more: list[str] = []
    for row, tried in zip(rows, at_once(rows, lambda each: asked(instance, each)), strict=True):
        program, _ = program_of(row, tried)
        called = downs.called(row.written, "" if program == "other" else program)
        if tried.closed:
            hidden.append(said(f"{called}: root alone may ask", "dim"))
            continue
        since = downs.since(row.written, up=tried.alive)
        if tried.alive:
            up.append(said(f"{called} {tried.ms:.0f} ms", "good"))
        else:
            down.append(said(f"{called} DOWN {since}", "error"))
            more.append(
                f"{called} ({row.written}) {tried.says}; meanwhile: {when_down(row.value('default_action'))}"
            )
    return Line("policy", (*down, *_alive(up), *hidden), "error" if down else "", tuple(more), alike=True)


def at_once(things: Sequence[Asked], ask: Callable[[Asked], Answer]) -> list[Answer]:
    """Ask about each in a thread of its own. Raises what one raised."""
    found: dict[int, Answer] = {}
    failed: list[Exception] = []

    def one(at: int) -> None:
        try:
            found[at] = ask(things[at])
        except Exception as error:  # noqa: BLE001  # raised again below
            failed.append(error)

    threads = [threading.Thread(target=one, args=(at,), daemon=True, name="ask") for at in range(len(things))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        raise failed[0]
    return [found[at] for at in range(len(things))]


def names(instance: Instance, downs: Downs) -> Line:
    """Whether the name server answers, and how many DNS lists the chains ask. The lists are not asked."""
    from mailtui.apply.domaindns import asked_names
    from mailtui.postfix.dnsbl import zones
    from mailtui.postfix.dnszones import closed_zone

    answer = asked_names(NAMES).ask(instance.hostname, "A")
    up = answer.state != "tempfail"
    since = downs.since("names", up=up)
    first = said(f"answers {answer.ms:.0f} ms", "good") if up else said(f"DOES NOT ANSWER {since}", "error")
    items = [first] if up else [first, said(answer.problem)]
    lists = list(dict.fromkeys(each.argument for each in zones(instance)))
    closed = [argument for argument in lists if closed_zone(argument) is not None]
    if lists:
        items.append(said(f"{many(len(lists), 'DNS list')} in the rules"))
    if closed:
        items.append(said(f"{len(closed)} of them closed", "warning"))
    more = [] if up else ["While no name is known, mail waits and rules that ask DNS put clients off."]
    more += [f"{argument} is closed: it matches nothing, or everything." for argument in closed]
    return Line("names", tuple(items), "error" if not up else "warning" if closed else "", tuple(more))
