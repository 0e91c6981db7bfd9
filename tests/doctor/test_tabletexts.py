"""Which rows of access tables are found, in every kind of text."""

from __future__ import annotations

import time

import pytest

from mailtui.doctor.tabletexts import Texts
from mailtui.postfix.instance import Instance
from mailtui.postfix.lookups import parse_map
from tests.postfix.conftest import MakeInstance, instance_dir

__all__ = ["instance_dir"]

TEXT = """\
# example.com OK
one.example   OK
two.example\tREJECT
three.example  ok, and more
  OK
four.example 550
five.example DUNNO
six.example strict
seven.example OKAY
"""


def texts(instance_dir: MakeInstance, **files: str) -> tuple[Texts, str]:
    folder = instance_dir(files=files)
    return Texts(Instance.open(str(folder))), str(folder)


def test_rows_that_may_permit(instance_dir: MakeInstance) -> None:
    found, folder = texts(instance_dir, t=TEXT)
    rows = found.permitting(parse_map(f"hash:{folder}/t"), ["strict"])
    told = [(row.line, row.key, row.word) for row in rows]
    assert told == [
        (2, "one.example", "OK"), (4, "three.example", "OK,"), (6, "four.example", "550"),
        (8, "six.example", "STRICT"),
    ]  # fmt: skip


def test_tables_in_the_parameter_itself(instance_dir: MakeInstance) -> None:
    found, _ = texts(instance_dir)
    inline = found.permitting(parse_map("inline:{a=OK, {b = REJECT no}}"), [])
    assert [(row.key, row.value) for row in inline] == [("a", "OK"), ("b", "REJECT no")]
    assert [row.value for row in found.permitting(parse_map("static:{REJECT go away}"), [])] == [
        "REJECT go away"
    ]
    pattern = parse_map("regexp:{{/^a/ OK}, {!/x\\/y/i REJECT no}}")
    assert [(row.key, row.value) for row in found.patterns(pattern)] == [
        ("^a", "OK"),
        ("!x\\/y", "REJECT no"),
    ]


@pytest.mark.parametrize(
    ("spec", "text", "check", "line"),
    [
        ("regexp", "/a/ OK\n/.*/ REJECT no\n", "check_sender_access", 2),
        ("pcre", "/^/ 554 no\n", "check_client_access", 1),
        ("regexp", "/./ DUNNO\n", "check_sender_access", None),
        ("regexp", "!/./ REJECT\n", "check_sender_access", None),
        ("regexp", "/./ REJECT\n", "check_helo_access", None),  # who says no HELO is not asked
        ("pcre", "if /example/\n/./ REJECT\nendif\n", "check_sender_access", None),
        ("cidr", "0.0.0.0/0 REJECT\n::/0 REJECT\n", "check_client_access", 1),
        ("cidr", "0.0.0.0/0 REJECT\n", "check_client_access", None),
        ("cidr", "0.0.0.0/0 REJECT\n::/0 REJECT\n", "check_sender_access", None),
    ],
)
def test_the_row_that_answers_for_everybody(
    spec: str, text: str, check: str, line: int | None, instance_dir: MakeInstance
) -> None:
    found, folder = texts(instance_dir, t=text)
    row = found.final(parse_map(f"{spec}:{folder}/t"), check)
    assert (row.line if row is not None else None) == line


def test_a_large_table_is_searched_once(instance_dir: MakeInstance) -> None:
    text = "".join(f"host{n}.example  REJECT\n" for n in range(200_000)) + "last.example OK\n"
    found, folder = texts(instance_dir, t=text)
    table = parse_map(f"hash:{folder}/t")
    assert [row.line for row in found.permitting(table, [])] == [200_001]
    began = time.perf_counter()
    assert len(Texts(Instance.open(folder)).permitting(table, [])) == 1
    again = time.perf_counter() - began
    assert again < 0.5  # it is not searched, only read
