"""Laws of master.cf documents that hold for every file, however nasty; postconf as the second reader."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailtui.formats.lines import BLANK, COMMENT, Lines
from mailtui.formats.mastercf import MasterCf
from mailtui.formats.masterentry import FIELDS, Service
from mailtui.formats.splice import Missing, Refused, Splice, apply_splices, inverse
from tests.formats.nasty_mastercf import OPTIONS, SERVICES, master_cf
from tests.laws.realconf import printed
from tests.postconf import postconf, write

services = st.sampled_from(SERVICES)
options = st.sampled_from(OPTIONS)
values = st.sampled_from([b"", b"yes", b"a b", b"{c d}", b"x=y", b"#no", b"$z, w"])


def ignored(raw: bytes) -> list[bytes]:
    """Comments and blank lines as they stand."""
    lines = Lines(raw)
    kept = (lines.line(n) for n, kind in enumerate(lines.kinds) if kind in (BLANK, COMMENT))
    return [line.rstrip(b"\r\n") for line in kept]


def enabled(document: MasterCf) -> list[Service]:
    return [service for service in document.services if service.enabled]


def others(document: MasterCf, service: Service) -> list[tuple[tuple[str, ...], tuple[bytes, ...]]]:
    key = (service.name, service.type)
    return [(s.fields, s.arguments) for s in enabled(document) if (s.name, s.type) != key]


def edited(document: MasterCf, edit: Callable[[], list[Splice]]) -> MasterCf | None:
    """The document after an edit that can be taken back; None where it is refused."""
    try:
        splices = edit()
    except (Refused, Missing):
        return None
    after = apply_splices(document.raw, splices)
    assert apply_splices(after, inverse(document.raw, splices)) == document.raw
    return MasterCf.parse(after)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_master_cf(raw: bytes) -> None:
    document = MasterCf.parse(raw)
    assert document.raw == raw
    assert [p.line for p in document.problems] == sorted(p.line for p in document.problems)
    for service in document.services:
        assert 0 <= service.start < service.end <= len(raw)
        assert len(service.fields) == len(FIELDS)


@settings(deadline=None)
@given(master_cf(odd=True), services, options, values)
def test_an_option_is_set_and_nothing_else(
    raw: bytes, service: tuple[str, str], option: str, value: bytes
) -> None:
    document = MasterCf.parse(raw)
    standing = document.get(*service)
    after = edited(document, lambda: document.set_option(*service, option, value))
    assert (after is None) == (standing is None)
    if after is None or standing is None:
        return
    now = after.get(*service)
    assert now is not None
    assert now.values == {**standing.values, option: value}
    assert now.fields == standing.fields
    assert others(after, now) == others(document, standing)
    assert ignored(after.raw) == ignored(raw)
    was = standing.option(option)
    if was is None:
        back = edited(after, lambda: after.remove_option(*service, option))
        assert back is not None
        assert back.raw == raw or not raw.endswith(b"\n")
        return
    back = edited(after, lambda: after.set_option(*service, option, was.value))
    assert back is not None
    assert back.get(*service) == standing or b" " in value or not value or not was.value


@settings(deadline=None)
@given(master_cf(odd=True), services, options)
def test_an_option_is_removed_and_comments_stay(raw: bytes, service: tuple[str, str], option: str) -> None:
    document = MasterCf.parse(raw)
    standing = document.get(*service)
    after = edited(document, lambda: document.remove_option(*service, option))
    if standing is None or after is None:
        assert standing is None or option not in standing.values
        return
    now = after.get(*service)
    assert now is not None
    assert now.values == {name: value for name, value in standing.values.items() if name != option}
    assert now.fields == standing.fields
    assert others(after, now) == others(document, standing)
    assert ignored(after.raw) == ignored(raw)


@settings(deadline=None)
@given(master_cf(), services, options)
def test_an_option_goes_off_and_on(raw: bytes, service: tuple[str, str], option: str) -> None:
    document = MasterCf.parse(raw)
    standing = document.get(*service)
    if standing is None or option not in standing.values:
        return
    off = edited(document, lambda: document.disable_option(*service, option))
    assert off is not None
    assert option not in off.get(*service).values  # type: ignore[union-attr]  # it is still there
    on = edited(off, lambda: off.enable_option(*service, option, standing.values[option]))
    if on is not None:
        now = on.get(*service)
        assert now is not None
        assert now.values == standing.values
        assert others(on, now) == others(document, standing)


@settings(deadline=None)
@given(master_cf(), services)
def test_a_service_goes_off_and_on(raw: bytes, service: tuple[str, str]) -> None:
    document = MasterCf.parse(raw)
    standing = document.get(*service)
    if standing is None:
        return
    off = edited(document, lambda: document.disable(*service))
    assert off is not None
    assert off.get(*service) is None
    assert [(s.fields, s.arguments) for s in enabled(off)] == others(document, standing)
    if len(document.all(*service)) == 1:
        on = edited(off, lambda: off.enable(*service))
        assert on is not None
        assert on.get(*service).arguments == standing.arguments  # type: ignore[union-attr]  # just enabled
        blank = any(
            not line.strip(b"# \t\r") for line in raw[standing.start : standing.end].split(b"\n")[:-1]
        )
        assert blank or on.raw == raw


@settings(deadline=None)
@given(
    master_cf(odd=True), services, st.sampled_from(FIELDS[2:]), st.sampled_from(["-", "n", "y", "10", "lmtp"])
)
def test_a_field_is_set_and_nothing_else(
    raw: bytes, service: tuple[str, str], field: str, value: str
) -> None:
    document = MasterCf.parse(raw)
    standing = document.get(*service)
    after = edited(document, lambda: document.set_field(*service, field, value))
    if standing is None or after is None:
        return
    now = after.get(*service)
    assert now is not None
    assert now.fields == tuple(
        value if f == field else old for f, old in zip(FIELDS, standing.fields, strict=True)
    )
    assert now.arguments == standing.arguments
    assert others(after, now) == others(document, standing)
    assert ignored(after.raw) == ignored(raw)


@settings(deadline=None)
@given(master_cf(odd=True), services)
def test_a_service_is_removed_and_comments_stay(raw: bytes, service: tuple[str, str]) -> None:
    document = MasterCf.parse(raw)
    standing = document.get(*service)
    after = edited(document, lambda: document.remove(*service))
    assert (after is None) == (standing is None)
    if after is None or standing is None:
        return
    assert [(s.fields, s.arguments) for s in enabled(after)] == others(document, standing)
    assert ignored(after.raw) == ignored(raw)


# -- the same read by postconf


def agrees(folder: Path, document: MasterCf) -> None:
    write(folder, b"", document.raw)
    code, out, error = postconf(folder, "-M")
    deadly = [problem for problem in document.problems if "postconf dies" in problem.text]
    assert bool(code) == bool(deadly), error
    if not deadly:
        real = [b" ".join(line.split()) for line in out.splitlines()]
        assert [printed(service) for service in enabled(document)] == real


@given(raw=master_cf(odd=True))
@settings(max_examples=60, deadline=None)
def test_postconf_reads_the_same(raw: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    document = MasterCf.parse(raw)
    if not any("dies" in problem.text for problem in document.problems):  # each death takes postconf a second
        agrees(tmp_path_factory.mktemp("cf", numbered=True), document)


@pytest.mark.parametrize(
    "entry", [b"smtp inet n - y -", b"a tcp - - - - - a", b"a unix x - - - - a", b"a unix - - - 1s - a"]
)
def test_postconf_dies_where_we_say_so(entry: bytes, tmp_path: Path) -> None:
    document = MasterCf.parse(entry + b"\n")
    assert [problem.line for problem in document.problems if "dies" in problem.text] == [1]
    agrees(tmp_path, document)
