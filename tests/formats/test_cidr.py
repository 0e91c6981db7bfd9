"""Tables of networks: read as Postfix reads them, and changed rule by rule."""

from __future__ import annotations

import random
import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailtui.edits.model import Edit
from mailtui.edits.patternmaking import adding, moving, removing, setting, switching
from mailtui.edits.patternrules import SwitchPattern
from mailtui.formats import patternedit
from mailtui.formats.cidr import Cidr, network_of, parse_network
from mailtui.formats.document import parse
from mailtui.formats.patternedit import one_rule
from mailtui.formats.splice import Refused
from mailtui.formats.target import Target
from mailtui.postfix.patternrows import pattern_lines

NETWORKS = (
    "192.0.2.0/24", "192.0.2.1", "192.0.2.1/24", "192.0.2.128/25", "192.0.0.0/16", "10/8", "10.0.0.0/8", "0.0.0.0/0",
    "2001:db8::/32", "[2001:db8::]/32", "[2001:db8::/32]", "[2001:db8::1]", "2001:db8::1/32", "2001:DB8::9", "::/0",
    "192.0.2", "192.0.2.", "192.0.02.1", "192.0.2.0/33", "192.0.2.0/255.255.255.0", "192.0.2.0/", "192.0.2.0/024",
    "mail.example", "*", "[192.0.2.1", "[192.0.2.1]x", "192.0.2.1/24x", "::ffff:192.0.2.1", "fe80::1%eth0", "1.2.3.4.5",
    "2001:db8:::1", "if192.0.2.0/24", "endif", "192.0.2.1,", "256.0.0.1", "/8", "[]", "[]/8", "[/8]",
)  # fmt: skip
ASKED = (
    "192.0.2.1",
    "192.0.2.200",
    "192.0.9.9",
    "10.1.1.1",
    "9.9.9.9",
    "2001:db8::1",
    "2001:db8::9",
    "fe80::1",
)


def postmap(folder: Path, text: str, *keys: str) -> tuple[dict[str, str], set[int]]:
    """What the real lookup answers, and the lines that it passes over."""
    path = folder / "nets"
    path.write_text(text)
    done = subprocess.run(
        ["postmap", "-q", "-", f"cidr:{path}"], input="\n".join(keys) + "\n", text=True, capture_output=True,
        check=False,
    )  # fmt: skip
    skipped = {int(line) for line in re.findall(r", line (\d+): .*skipping this rule", done.stderr)}
    return dict(line.split("\t", 1) for line in done.stdout.splitlines()), skipped


class Text:
    """A reader of one text."""

    def __init__(self, text: str) -> None:
        self._text = text.encode()

    def raw(self, path: str) -> bytes:
        return self._text

    def document(self, target: Target) -> Cidr:
        return Cidr.parse(self._text)

    def stamp(self, path: str) -> None:
        return None


def random_text(chance: random.Random) -> str:
    """A table with right and wrong lines, conditions among them, each result its line's number."""
    lines: list[str] = []
    for number in range(1, chance.randrange(2, 14)):
        word = chance.choice(NETWORKS)
        sign = chance.choice(("", "", "", "!", "!!", "! "))
        lines.append(
            chance.choice((
                f"{sign}{word} line{number}", f"{sign}{word}\tline{number} # no comment", f"{sign}{word} line{number}",
                f"if {sign}{word}", f"IF {sign}{word}", "endif", "endif x", f"{word}", f"# {word} x", "", "EndIf",
            ))
        )  # fmt: skip
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("seed", range(40))
def test_as_the_real_lookup_reads_it(tmp_path: Path, seed: int) -> None:
    """The lines that are passed over are those said to be; a rule said to be hidden is never found."""
    text = random_text(random.Random(seed))
    answers, skipped = postmap(tmp_path, text, *ASKED)
    document = Cidr.parse(text.encode())
    assert {row.line for row in document.rows if row.skipped and row.enabled} == skipped, text
    target = Target("cidr", "/nets", "cidr")
    lines = pattern_lines(Text(text), Text(text), target, lambda _value: ())
    hidden = {
        line.row.line for at in range(len(lines)) for line in [lines.row(at)]
        if any("never found" in note for note, _ in line.notes)
    }  # fmt: skip
    assert not {f"line{line}" for line in hidden} & {value.split()[0] for value in answers.values()}, text


def test_each_way_to_write_a_network(tmp_path: Path) -> None:
    for word in NETWORKS[:-1]:
        _, skipped = postmap(tmp_path, f"{word} x\n", "192.0.2.1")
        assert bool(parse_network(word).problem) == bool(skipped) or word.startswith(("if", "endif")), word


def test_the_remedy_is_right(tmp_path: Path) -> None:
    for word in ("192.0.2.1/24", "10/8", "192.0.2.", "192.0.2", "2001:db8::1/32"):
        remedy = parse_network(word).problem.rpartition("write ")[2]
        assert postmap(tmp_path, f"{remedy} x\n", "192.0.2.1")[1] == set()


def test_rows_with_their_conditions() -> None:
    text = b"# ours\n192.0.2.0/24  OK\n#10.0.0.0/8 OK\n# 10.0.0.0/8 is prose\nif !10.0.0.0/8\n!1.2.3.4\tREJECT a,\n  b\nendif\n"
    document = parse("cidr", text)
    assert isinstance(document, Cidr)
    assert [(row.kind, row.name, row.value, row.depth, row.enabled) for row in document.rows] == [
        ("rule", b"192.0.2.0/24", b"OK", 0, True),
        ("rule", b"10.0.0.0/8", b"OK", 0, False),
        ("if", b"if !10.0.0.0/8", b"", 0, True),
        ("rule", b"!1.2.3.4", b"REJECT a,  b", 1, True),
        ("endif", b"endif", b"", 0, True),
    ]
    assert network_of(document.rows[3].pattern) is not None
    assert document.problems == []


@given(st.binary(max_size=120) | st.randoms().map(lambda chance: random_text(chance).encode()))
@settings(max_examples=150, deadline=None)
def test_any_bytes_come_back(raw: bytes) -> None:
    document = Cidr.parse(raw)
    assert document.raw == raw
    assert all(raw[row.start : row.end] for row in document.rows)
    assert len(document.problems) >= 0


def test_an_if_ended_by_nothing_of_its_own_stays_where_it_is() -> None:
    """The endif of the if within it is not its own: above a stray endif it would mean something else."""
    raw = b"EndIf\nif 192.0.2.0/24\nif 10.0.0.0/8\n10.1.1.1 x\nEndIf\n"
    document = Cidr.parse(raw)
    with pytest.raises(Refused, match="has no endif"):
        patternedit.move(document, 1, 0)
    with pytest.raises(Refused, match="has no endif"):
        one_rule(document, b"if 192.0.2.0/24\nif 10.0.0.0/8\n10.1.1.1 x\nEndIf")


@given(st.randoms(use_true_random=False))
@settings(max_examples=120, deadline=None)
def test_an_edit_changes_its_rule_only(chance: random.Random) -> None:
    document = Cidr.parse(random_text(chance).encode())
    target = Target("cidr", "/etc/postfix/nets", "cidr")
    if not document.rows:
        return
    at = chance.randrange(len(document.rows))
    before = [(row.name, row.value, row.enabled) for row in document.rows]
    last = document.last_of(at)
    edit: Edit
    try:
        match chance.randrange(5):
            case 0:
                edit = adding(document, target, "198.51.100.0/24 REJECT new", at)
                wanted = [*before[:at], (b"198.51.100.0/24", b"REJECT new", True), *before[at:]]
            case 1:
                edit = removing(document, target, at)
                wanted = [*before[:at], *before[last + 1 :]]
            case 2:
                edit = setting(document, target, at, "198.51.100.0/24 OK")
                wanted = [*before[:at], (b"198.51.100.0/24", b"OK", True), *before[at + 1 :]]
            case 3:
                edit = switching(document, target, at)
                wanted = [  # commented out, what Postfix passes over is a comment as any other
                    (name, value, not on if at <= place <= last else on)
                    for place, (name, value, on) in enumerate(before)
                    if not (at < place <= last and document.rows[place].error)
                ]
            case _:
                moved = moving(document, target, at, 0)
                if moved is None:
                    return
                edit, wanted = moved, [*before[at : last + 1], *before[:at], *before[last + 1 :]]
        after = document.spliced(edit.splices(document))
    except Refused:
        return
    assert [(row.name, row.value, row.enabled) for row in after.rows] == wanted
    if isinstance(edit, SwitchPattern):
        assert after.spliced(edit.inverse().splices(after)).raw == document.raw
    if any(row.error for row in document.rows[at : last + 1]):
        return  # what Postfix passes over is not written anew
    back = after.spliced(edit.inverse().splices(after))
    assert [(row.name, row.value, row.enabled) for row in back.rows] == before
