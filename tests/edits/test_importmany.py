"""What is worked out for many rows of an import at once is what each row alone would come to."""

from __future__ import annotations

import os
from bisect import bisect_right
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailtui.edits import candidate, importdomains, pending
from mailtui.edits.candidate import Candidate
from mailtui.edits.entries import (
    AddDisabledEntry,
    RemoveDisabledEntry,
    RemoveEntry,
    SetDisabledEntry,
    SetEntry,
    SwitchEntry,
    current,
)
from mailtui.edits.importing import report_of
from mailtui.edits.model import Conflict, Edit
from mailtui.formats.addresses import items
from mailtui.formats.aliases import Aliases
from mailtui.formats.recipientlists import recipient_texts, recipients
from mailtui.formats.splice import Missing, Refused, Splice
from mailtui.formats.table import Table
from mailtui.formats.target import Target
from mailtui.postfix import manyclasses
from mailtui.postfix.domains import domain_class
from mailtui.postfix.instance import Instance
from mailtui.postfix.mailboxhabit import Paths, path_words
from mailtui.postfix.manyclasses import Classes
from mailtui.text.safe import encode
from tests.postfix.conftest import MakeInstance, instance_dir

__all__ = ["instance_dir"]

LISTS = st.text(st.sampled_from('ab@;, "\t#\\é.<>(%'), max_size=9)
LINES = st.lists(
    st.sampled_from(
        [
            "a@x b@y",
            "A@X c@y, d@y",
            "a  b",
            "a: b",
            "é@x  b@y ",
            "#off x@y",
            "  more@z",
            '"q r"@x b',
            "",
            "# x",
        ]
    ),
    max_size=9,
)


@given(LISTS, LINES, st.booleans())
def test_the_short_ways_read_what_the_long_ones_do(value: str, lines: list[str], ends: bool) -> None:
    assert recipients(value.encode()) == items(value.encode())
    assert recipient_texts(value) == [item.decode() for item in items(value.encode())]
    for kind in (Table, Aliases):
        document = kind.parse(("\n".join(lines) + "\n" * ends).encode())
        skip = set(document.duplicates())
        entries = [
            document.entry(at) for at in range(len(document)) if document.is_enabled(at) and at not in skip
        ]
        assert list(document.in_force()) == [(kind.fold(each.key), each.key, each.value) for each in entries]
        for at in document.standing(each.key for each in entries).values():
            assert at.value == document.entry(at.number).value
            assert at.start < 0 or document.raw[at.start :].startswith(at.value)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(st.sampled_from(["list", "table", "both", "relay", "none"]), min_size=12, max_size=18),
    st.sampled_from(["virtual-alias", "virtual-mailbox", "relay", "local"]),
    st.sets(st.integers(0, 17)),
    st.sampled_from(["", "!d3.test, ", "d5.test, ", "$myhostname, "]),
)
def test_many_domains_move_as_each_of_them_would(
    tmp_path_factory: pytest.TempPathFactory,
    instance_dir: MakeInstance,
    stand: list[str],
    to: str,
    gone: set[int],
    first: str,
) -> None:
    """Domains that leave a class, or change it, together: the files are what the single plans make of them."""
    names = [f"d{n}.test" for n in range(len(stand))]
    place = tmp_path_factory.mktemp("domains")

    def text(*kinds: str) -> str:
        found = (name for name, kind in zip(names, stand, strict=True) if kind in kinds)
        return "".join(f"{name} OK\n" for name in found)

    listed = text("list", "both").replace(" OK\n", ", ")
    config = instance_dir(
        f"""\
virtual_alias_domains = {first}{listed}last.test
virtual_alias_maps = hash:{place}/virtual
virtual_mailbox_domains = hash:{place}/boxdomains
virtual_mailbox_base = {place}
virtual_mailbox_maps = hash:{place}/boxes
virtual_uid_maps = static:5000
virtual_gid_maps = static:5000
relay_domains = hash:{place}/relay
"""
    )
    (place / "virtual").write_text("postmaster@d1.test jean\njean@d2.test p@q.test\n@d4.test x@y.test\n")
    (place / "boxes").write_text("jean@d2.test d2.test/jean/\n")
    (place / "boxdomains").write_text(text("table", "both"))
    (place / "relay").write_text(text("relay"))
    rows = "".join(f"{name},{to}\n" for n, name in enumerate(names) if n not in gone)
    raw = f"domain,class\n{rows}last.test,{to}\n".encode()
    found = []
    for single in (0, 10_000):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(importdomains, "_SINGLE", single)
            report = report_of(Instance.open(str(config)), "domains", raw, "csv", "f.csv", mirror=True)
        over = Candidate(Instance.open(str(config)).files, report.edits)
        assert not over.conflicts
        assert not over.stopped
        texts = {each.target.path: sorted(each.after.split()) for each in over.changes}
        found.append((sorted(report.lines, key=lambda line: line.name), texts))
    assert found[0] == found[1]


def test_the_class_of_many_domains_is_that_of_each(
    tmp_path: Path, instance_dir: MakeInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manyclasses, "FEW", 0)
    config = instance_dir(
        f"""\
virtual_alias_domains = !a1.test, hash:{tmp_path}/vd, a1.test, a2.test
virtual_mailbox_domains = $virtual_mailbox_maps
virtual_mailbox_maps = hash:{tmp_path}/vm, regexp:{tmp_path}/re
relay_domains = !x.r1.test, r1.test, hash:{tmp_path}/rd
parent_domain_matches_subdomains =
"""
    )
    (tmp_path / "vd").write_text("A3.test OK\nlocalname OK\n")
    (tmp_path / "vm").write_text("m1.test OK\nshort OK\nu@m2.test x\n")
    (tmp_path / "re").write_text("/^m3\\./ OK\n")
    (tmp_path / "rd").write_text(".r2.test OK\nr3.test OK\n")
    names = [f"{sub}{letter}{n}.test" for sub in ("", "x.", "y.x.") for letter in "amr" for n in range(5)]
    names += [
        "localhost",
        "falcot.com",
        "localname",
        "short",
        "[127.0.0.1]",
        "[192.0.2.1]",
        "A1.TEST.",
        "r3.test.",
    ]
    states = (
        ("", ["m3.test", "m1.test", "a2.test", "a4.test"]),  # postmap is asked for whatever no list names
        (f"virtual_mailbox_maps = hash:{tmp_path}/vm\n", names),
        ("parent_domain_matches_subdomains = relay_domains\n", names),
        (f"relay_domains = {tmp_path}/none\n", names),
    )
    for more, asked in states:
        main = config / "main.cf"
        main.write_text(main.read_text() + more)
        instance = Instance.open(str(config))
        many = Classes(instance)
        assert {name: many.of(name) for name in asked} == {
            name: domain_class(instance, name) for name in asked
        }


def test_paths_of_many_mailboxes_lead_where_each_of_them_does(tmp_path: Path) -> None:
    base = tmp_path / "base"
    (base / "in" / "deep").mkdir(parents=True)
    links = {"out": "/tmp", "in/up": "..", "round": "round", "good": "in", "in/deep/esc": "/"}
    for name, to in links.items():
        (base / name).symlink_to(to)
    (base / "file").write_text("")
    parts = ["in", "up", "deep", "out", "round", "good", "esc", "file", "new", "..", "", "."]
    paths = [f"{a}/{b}{end}" for a in parts for b in parts for end in ("", "/", "/jean/")]
    for root in (str(base), f"{base}/", str(tmp_path / "none"), str(base / "good")):
        many, inside = Paths(root), os.path.realpath(root)
        for path in paths:
            words = many.words(path)
            assert words == path_words(root, path)
            if not words or words.startswith("a symlink"):
                real = os.path.realpath(os.path.join(root, path.rstrip("/")))
                assert (not words) == real.startswith(f"{inside}/")
                assert not words or words.endswith(f"to {real}")


EDITS = st.lists(
    st.tuples(
        st.sampled_from(["on", "off", "set", "set off", "add off", "out", "out off"]),
        st.sampled_from(["a@x", "c@y", "a", "é@x", "more@x", "off"]),
        st.sampled_from([("x@y",), ("b@y",), ("b",), ("c@y", "d@y"), ("é@z", '"u v"@z')]),
    ),
    max_size=8,
)


@given(LINES, st.booleans(), EDITS)
def test_many_edits_of_entries_come_to_what_they_do_when_each_is_looked_up(
    lines: list[str], ends: bool, wanted: list[tuple[str, str, tuple[str, ...]]]
) -> None:
    for kind in (Table, Aliases):
        raw = ("\n".join(lines) + "\n" * ends).encode()
        target = Target("table" if kind is Table else "aliases", "/none", "hash")
        found = []
        for few in (1, 1000):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(candidate, "_FEW", few)
                replay = candidate._Replay(kind.parse(raw), [encode(name) for _, name, _ in wanted])
                said = []
                for what, name, items in wanted:
                    edit = _edit(replay.document, target, what, name, items)
                    try:
                        replay.add(edit)
                    except (Conflict, Refused, Missing) as error:
                        said.append(str(error))
                replay.flush()
            found.append((said, replay.document.raw))
        assert found[0] == found[1]


def _edit(document: Table | Aliases, target: Target, what: str, name: str, items: tuple[str, ...]) -> Edit:
    now = current(document, name, items)
    off = current(document, name, items, enabled=False)
    match what:
        case "on" | "off":
            return SwitchEntry(target, name, (off if what == "on" else now) or items, on=what == "on")
        case "set":
            return SetEntry(target, name, items, now)
        case "set off":
            return SetDisabledEntry(target, name, items, off or items)
        case "add off":
            return AddDisabledEntry(target, name, items)
        case "out":
            return RemoveEntry(target, name, now or items)
        case _:
            return RemoveDisabledEntry(target, name, off or items)


@given(st.lists(st.integers(0, 30), max_size=60))
def test_splices_of_a_round_stand_in_the_order_of_the_file(places: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pending, "_BLOCK", 3)
        made = [Splice(place, place, str(number).encode()) for number, place in enumerate(places)]
        kept, plain = pending.Pending(made[:5]), sorted(made[:5], key=lambda each: each[:2])
        for splice in made[5:]:
            at = bisect_right(plain, splice[:2], key=lambda each: each[:2])
            left, right = plain[at - 1] if at else None, plain[at] if at < len(plain) else None
            assert kept.beside(splice) == (left, right)
            kept.put(splice)
            plain.insert(at, splice)
        assert [*kept] == plain
        assert bool(kept) is bool(plain)
