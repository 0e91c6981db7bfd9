"""Edits of a main.cf, each with the one that takes it back and with what Postfix should read in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from mailtui.formats.maincf import MainCf
from mailtui.formats.splice import Refused, Splice
from tests.laws.maincf_shapes import several_lines

Act = Callable[[MainCf], list[Splice]]

NEW = b"mailtui.new.example"
VALID = {
    "inet_protocols": (b"ipv4", b"all"),
    "inet_interfaces": (b"127.0.0.1", b"127.0.0.2"),
    "mynetworks_style": (b"host", b"subnet"),
    "compatibility_level": (b"3.2", b"3.1"),
}
"""New values of the parameters that postconf itself takes apart."""


def new_value(name: str, old: bytes = b"") -> bytes:
    """A value that the parameter has not got."""
    return next(value for value in VALID.get(name, (NEW,)) if value != old)


NEW_NAME = "mailtui_new"


@dataclass(frozen=True)
class Trial:
    """`value`: what `name` then is; `items`: or what its items then are; neither: it is not set.

    `at`: the item that is touched.
    """

    what: str
    name: str
    forth: Act
    back: Act
    value: bytes | None = None
    items: Sequence[bytes] | None = None
    at: int | None = None


def of_values(document: MainCf, name: str) -> Iterator[Trial]:
    """A parameter that is set: to another value, to nothing, taken out, off; and back."""
    found = document.get(name)
    assert found is not None
    old, new = found.value, new_value(name, found.value)
    yield Trial("set", name, lambda d: d.set(name, new), lambda d: d.set(name, old), value=new)
    if several_lines(document, name):
        yield from _of_some_items(document, name)
    if name not in VALID:
        yield Trial("emptied", name, lambda d: d.set(name, b""), lambda d: d.set(name, old), value=b"")
    yield Trial("reset", name, lambda d: d.unset(name), lambda d: d.set(name, old))
    yield Trial("off", name, lambda d: d.disable(name), lambda d: d.enable(name, old))


def _of_some_items(document: MainCf, name: str) -> Iterator[Trial]:
    """A value on several lines given as a list in which one item is another."""
    old, new = [token.text for token in document.tokens(name)], new_value(name)
    for at in sorted({0, len(old) // 2, len(old) - 1} if old else ()):
        other = [*old[:at], new, *old[at + 1 :]]
        yield Trial("set as a list", name, _set(name, other), _set(name, old), items=other, at=at)


def _set(name: str, wanted: Sequence[bytes]) -> Act:
    return lambda document: document.set(name, wanted)


def of_absent(document: MainCf, name: str) -> Iterator[Trial]:
    """A parameter that is not set, set and given back to its default; and a commented-out one, on and off."""
    new = new_value(name)
    yield Trial("added", name, lambda d: d.set(name, new), lambda d: d.unset(name), value=new)
    examples = [d.value for d in document.commented if d.name == name]
    if examples:
        yield Trial("on", name, lambda d: d.enable(name), lambda d: d.disable(name), value=examples[-1])


def of_items(document: MainCf, name: str) -> Iterator[Trial]:
    """Single items of a list: put in, taken out, replaced, moved, off; and back."""
    count = len(document.tokens(name))
    for at in range(count + 1):
        yield _put_in(document, name, at)
    for at in range(count):
        yield from _of_item(document, name, at)


def _put_in(document: MainCf, name: str, at: int) -> Trial:
    old, new = [token.text for token in document.tokens(name)], new_value(name)
    return Trial(
        "item put in",
        name,
        lambda d: d.insert_tokens(name, at, [new]),
        lambda d: d.remove_tokens(name, at, at),
        items=[*old[:at], new, *old[at:]],
        at=at,
    )


def _of_item(document: MainCf, name: str, at: int) -> Iterator[Trial]:
    old = [token.text for token in document.tokens(name)]
    new, text, without = new_value(name), old[at], [*old[:at], *old[at + 1 :]]
    yield Trial(
        "item replaced",
        name,
        lambda d: d.replace_tokens(name, at, at, [new]),
        lambda d: d.replace_tokens(name, at, at, [text]),
        items=[*old[:at], new, *old[at + 1 :]],
        at=at,
    )
    yield Trial(
        "item taken out",
        name,
        lambda d: d.remove_tokens(name, at, at),
        lambda d: d.insert_tokens(name, at, [text]),
        items=without,
        at=at,
    )
    off = lambda d: d.disable_tokens(name, at, at)  # noqa: E731 - one of a pair
    yield Trial("item off", name, off, _on(document, name, at), items=without, at=at)
    target = (at + 1) % len(old)  # down by one; the last one to the top
    yield Trial(
        "item moved",
        name,
        lambda d: d.move_tokens(name, at, at, target + 1 if target else 0),
        lambda d: d.move_tokens(name, target, target, at if target else at + 1),
        items=[*without[:target], text, *without[target:]],
        at=at,
    )


def _on(before: MainCf, name: str, at: int) -> Act:
    """Brings back the item that is off now and was not before."""
    old = [token.text for token in before.tokens(name)]

    def act(off: MainCf) -> list[Splice]:
        candidates: list[list[Splice]] = []
        for place, token in enumerate(off.disabled_tokens(name)):
            if token.text == old[at]:
                try:
                    splices = off.enable_tokens(name, place, place)
                except Refused:  # the same word on a comment line of several, off before
                    continue
                if [each.text for each in off.spliced(splices).tokens(name)] == old:
                    candidates.append(splices)
        if not candidates:
            raise LookupError(f"{old[at]!r} of {name} is not among what is off")
        same = (splices for splices in candidates if off.spliced(splices).raw == before.raw)
        return next(same, candidates[0])

    return act
