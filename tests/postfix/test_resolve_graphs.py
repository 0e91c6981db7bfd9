"""Random small webs of aliases: every search ends, names its circles, and agrees with a plain account of the rules."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailtui.formats.aliases import Aliases
from mailtui.formats.table import Table
from mailtui.formats.target import Target
from mailtui.postfix.ends import find_ends
from mailtui.postfix.files import Files
from mailtui.postfix.instance import Instance
from mailtui.postfix.localusers import LocalUser, LocalUsers
from mailtui.postfix.resolve import resolve
from tests.postfix.conftest import completed, put

NAMES = "abcde"
USERS = "deuv"
MAIN = """\
myorigin = falcot.com
virtual_alias_domains = v.example
virtual_alias_maps = hash:{R}/virtual
alias_maps = hash:{R}/aliases
local_recipient_maps =
forward_path =
"""


class Users(LocalUsers):
    def find(self, name: str) -> LocalUser | None:
        return LocalUser(name, "/nonexistent", 1000) if name in USERS else None


class Texts(Files):
    """The two tables from memory, the rest from the disk."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: dict[str, bytes] = {}

    def document(self, target: Target):  # type: ignore[no-untyped-def]  # as the class above
        text = self.texts.get(target.path.rpartition("/")[2])
        if text is None:
            return super().document(target)
        return Aliases.parse(text) if target.format == "aliases" else Table.parse(text)


@pytest.fixture(scope="module")
def instance() -> Iterator[Instance]:
    with tempfile.TemporaryDirectory() as folder:
        put(Path(folder, "main.cf"), completed(MAIN.replace("{R}", folder)))
        put(Path(folder, "master.cf"), "")
        yield Instance.open(folder, Texts())


def lay(instance: Instance, virtual: dict[str, list[str]], aliases: dict[str, list[str]]) -> None:
    assert isinstance(instance.files, Texts)
    instance.files.texts = {
        "virtual": "".join(f"{key} {', '.join(to)}\n" for key, to in virtual.items()).encode(),
        "aliases": "".join(f"{key}: {', '.join(to)}\n" for key, to in aliases.items()).encode(),
    }


virtual_names = st.sampled_from([f"{name}@v.example" for name in NAMES])
virtual_webs = st.dictionaries(
    virtual_names,
    st.lists(
        st.one_of(virtual_names, st.sampled_from(["x@far.example", "y@far.example"])), min_size=1, max_size=3
    ),
)
local_webs = st.dictionaries(
    st.sampled_from(NAMES), st.lists(st.sampled_from(NAMES + USERS), min_size=1, max_size=3)
)


def expanded(web: dict[str, list[str]], address: str) -> list[str] | None:
    """cleanup_map1n_internal word for word, its limits counted out; None where the message is deferred."""
    found = [address]
    been_here: set[str] = set()
    at = 0
    while at < len(found):
        if len(found) > 1000:
            return None
        count = 0
        while True:
            if found[at] in been_here:
                break
            if count >= 1000:
                return None
            here = found[at]
            to = web.get(here)
            if to is None:
                break
            found[at] = to[0]
            found.extend(to[1:])
            if here in to:
                been_here.add(here)
            count += 1
        at += 1
    return found


@settings(max_examples=150, deadline=None)
@given(web=virtual_webs, name=virtual_names)
def test_virtual_aliases_as_cleanup_expands_them(
    instance: Instance, web: dict[str, list[str]], name: str
) -> None:
    lay(instance, web, {})
    found = resolve(instance, name, Users())
    wanted = expanded(web, name)
    if name not in web:
        assert (found.final, found.why[:11]) == ((), "refused 550")
    elif wanted is None:
        assert found.final == ()
        assert found.why.startswith("refused 451")
        assert found.loops
        for loop in found.loops:
            hops = loop.split(" → ")
            assert hops[0] == hops[-1]
            assert len(hops) > 2
            assert all(to in web[here] for here, to in pairwise(hops))
    else:
        assert {end.address for end in found.final} == set(wanted)
        assert found.loops == ()
    for step in found.steps:
        assert step.to in web[step.source]


def reached(web: dict[str, list[str]], name: str) -> tuple[set[str], bool]:
    """Where the aliases under a name end, and whether they hold a circle of two names or more."""
    under, ends = {name}, set()
    todo = [name]
    while todo:
        here = todo.pop()
        if here not in web:
            ends.add(here)
            continue
        for to in web[here]:
            if to == here:
                ends.add(here)
            elif to not in under:
                under.add(to)
                todo.append(to)
    return ends, any(_returns(web, start, start, set()) for start in under)


def _returns(web: dict[str, list[str]], start: str, here: str, seen: set[str]) -> bool:
    for to in web.get(here, []):
        if to == here or (to in seen and to != start):
            continue
        if to == start:
            return True
        seen.add(to)
        if _returns(web, start, to, seen):
            return True
    return False


@settings(max_examples=150, deadline=None)
@given(web=local_webs, name=st.sampled_from(NAMES))
def test_local_aliases_reach_what_can_be_reached(
    instance: Instance, web: dict[str, list[str]], name: str
) -> None:
    lay(instance, {}, web)
    found = resolve(instance, name, Users())
    ends, circle = reached(web, name)
    mailboxes = {end.address.partition("@")[0] for end in found.final if end.how == "mailbox"}
    unknown = {end.address.partition("@")[0] for end in found.final if "unknown user" in end.delivery}
    assert bool(found.loops) == circle
    if circle:  # what is named beside a circle may be lost in it: see the test below
        assert mailboxes | unknown <= ends
        assert any("alias database loop" in end.delivery for end in found.final)
    else:
        assert mailboxes == {end for end in ends if end in USERS}
        assert unknown == {end for end in ends if end not in USERS}
    for loop in found.loops:
        hops = loop.split(" → ")
        assert hops[0] == hops[-1]
        assert all(to in web[here] for here, to in pairwise(hops))


@settings(max_examples=60, deadline=None)
@given(web=local_webs, virtual=virtual_webs, wanted=st.sampled_from(USERS))
def test_the_way_back_finds_what_the_way_forwards_says(
    instance: Instance, web: dict[str, list[str]], virtual: dict[str, list[str]], wanted: str
) -> None:
    lay(instance, {key: [*to, "a"] for key, to in virtual.items()}, web)
    address = f"{wanted}@falcot.com"
    backwards = {end.alias for end in find_ends(instance, wanted, Users())}
    forwards = {
        key
        for key in [*web, *virtual]
        if any(step.to == address for step in resolve(instance, key, Users()).steps)
    }
    assert backwards == forwards


def test_mail_is_lost_in_a_circle_just_as_in_postfix(instance: Instance) -> None:
    """The answers are those that local(8) 3.7.11 logged for these aliases: its filter of duplicates drops the
    delivery to a user who is named by an alias of the same name beside a circle."""
    lay(
        instance, {}, {"aa": ["bb", "u"], "bb": ["aa", "u"], "u": ["u"], "pp": ["qq", "v"], "qq": ["pp", "v"]}
    )
    ends = {
        name: {(end.address.partition("@")[0], end.how) for end in resolve(instance, name, Users()).final}
        for name in ("aa", "pp")
    }
    assert ends == {
        "aa": {("bb", "error"), ("u", "error")},
        "pp": {("qq", "error"), ("v", "error"), ("v", "mailbox")},
    }
