"""What holds of lookup tables and alias files whatever is in them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from mailtui.formats.addresses import is_one
from mailtui.formats.aliases import Aliases
from mailtui.formats.splice import Missing, Refused, Splice, apply_splices, inverse
from mailtui.formats.table import Table
from tests.corpus import corpus_files
from tests.formats.nasty import anything, files

law = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
kinds = st.sampled_from([Table, Aliases])
Kind = type[Table] | type[Aliases]
Document = Table | Aliases
keys = st.sampled_from(
    [
        b"root",
        b"info@falcot.com",
        b"new@falcot.com",
        b"@falcot.com",
        b"falcot.com",
        b"first last",
        b"a.b",
        b"#x",
        b'"first last"@falcot.com',
        "äö@falcot.com".encode(),
        b"STRASSE",
        b"kelvin",
        b"",
        b"a b",
        b"x\n y",
        b"\xff",
    ]
) | st.binary(max_size=6)
values = st.sampled_from(
    [b"root", b"a, b", b'"|/bin/x a b"', b":include:/etc/x", b"# x", b"", b"a\nb", b"\xff", b"REJECT x"]
)
items = st.lists(
    st.sampled_from(
        [
            b"a",
            b"b@falcot.com",
            b"c",
            b"jean",
            b"laure",
            b'"|/bin/x a, b"',
            b"/dev/null",
            b"#",
            b"a b",
            "é".encode(),
        ]
    ),
    max_size=5,
)

commented_out = st.sampled_from(
    [
        b"#off@falcot.com\tx\n",
        b"#off: x,\n#   y\n",
        b"#off: x,\n#\n## note\n#\ty\n",
        b"#off x@y.z,\n#\ty\n# prose\n",
        b"#root: jean\n#  prose too\n",
    ]
)


def _compiled(document: Document) -> dict[bytes, bytes]:
    return dict(document.compiled())


def _tried(edit: Callable[[], list[Splice]]) -> list[Splice]:
    """The splices of an edit; the example is left out where the edit is refused."""
    try:
        return edit()
    except (Missing, Refused):
        assume(False)
        raise


@law
@given(kind=kinds, raw=anything)
def test_any_bytes_are_read_and_kept(kind: Kind, raw: bytes) -> None:
    document = kind.parse(raw)
    assert document.raw == raw
    end = 0
    first_of: dict[bytes, int] = {}
    for index in range(len(document)):
        entry = document.entry(index)
        assert end <= entry.start < entry.end <= len(raw) or not entry.enabled
        assert document.lines.starts[entry.line - 1] == entry.start
        assert document.index_at(entry.start) == index
        assert entry.value
        assert entry.value == entry.value.lstrip(kind._TRIMMED)
        assert document.fields(index) == entry.key + b" " + entry.value
        assert all(item in entry.value for item in document.items(index))
        if entry.enabled:
            end = entry.end
            first_of.setdefault(document.fold(entry.key), index)
        else:
            assert document.find_disabled(entry.key) is not None
    for key, index in first_of.items():
        assert document.find(key) == index
    counted = sorted(first_of.values())
    enabled = [index for index in range(len(document)) if document.is_enabled(index)]
    assert list(document.duplicates()) == sorted(set(enabled) - set(counted))
    assert set(_compiled(document)) == set(first_of)
    assert all(1 <= problem.line <= len(document.lines) for problem in document.problems)


@law
@given(kind=kinds, raw=files, key=keys, value=values | items)
def test_set_changes_this_key_alone(kind: Kind, raw: bytes, key: bytes, value: bytes | list[bytes]) -> None:
    document = kind.parse(raw)
    splices = _tried(lambda: document.set(key, value))
    after = document.spliced(splices)
    index = after.find(key)
    assert index is not None
    if isinstance(value, bytes):
        assert after.entry(index).value == value.strip(kind._TRIMMED)
    else:
        assert after.items(index) == value
    now, before = _compiled(after), _compiled(document)
    folded = kind.fold(key)
    assert {k: v for k, v in now.items() if k != folded} == {k: v for k, v in before.items() if k != folded}
    assert folded in now
    assert after.set(key, value) == []
    assert apply_splices(after.raw, inverse(document.raw, splices)) == raw


@law
@given(kind=kinds, raw=files, value=items, data=st.data())
def test_items_set_and_set_back(kind: Kind, raw: bytes, value: list[bytes], data: st.DataObject) -> None:
    document = kind.parse(raw)
    enabled = [index for index in range(len(document)) if document.is_enabled(index)]
    assume(enabled)
    key = document.entry(data.draw(st.sampled_from(enabled))).key
    index = document.find(key)
    assert index is not None
    entry, was = document.entry(index), document.items(index)
    after = document.spliced(_tried(lambda: document.set(key, value)))
    assert after.items(after.find(key) or 0) == value
    several_lines = b"\n" in raw[entry.start : entry.end - 1]
    open_quote = entry.value != entry.value.strip(kind._TRIMMED)  # reaches over the blanks at its end
    if several_lines or open_quote or b"\0" in raw or not was:
        return
    text = document.spliced(_tried(lambda: document.set(key, b"other, text")))
    assert text.spliced(text.set(key, entry.value)).raw == raw


@law
@given(kind=kinds, raw=files, key=keys, value=values)
def test_added_then_removed(kind: Kind, raw: bytes, key: bytes, value: bytes) -> None:
    document = kind.parse(raw)
    assume(document.find(key) is None)
    added = document.spliced(_tried(lambda: document.set(key, value)))
    assert len(added) == len(document) + 1
    ended = raw + document.lines.newline if document.lines.ends_open else raw
    assert added.spliced(added.remove(key)).raw in (raw, ended)


@law
@given(kind=kinds, raw=files, data=st.data())
def test_removed_is_gone(kind: Kind, raw: bytes, data: st.DataObject) -> None:
    document = kind.parse(raw)
    before = _compiled(document)
    assume(before)
    key = data.draw(st.sampled_from(sorted(before)))
    after = document.spliced(document.remove(key))
    del before[key]
    assert _compiled(after) == before
    assert after.find(key) is None
    with pytest.raises(Missing):
        after.remove(key)


@law
@given(kind=kinds, raw=files, data=st.data())
def test_duplicates_removed(kind: Kind, raw: bytes, data: st.DataObject) -> None:
    document = kind.parse(raw)
    before = _compiled(document)
    assume(before)
    key = data.draw(st.sampled_from(sorted(before)))
    after = document.spliced(document.remove_duplicates(key))
    assert _compiled(after) == before
    assert len(list(after.hits(key))) == 1


@law
@given(kind=kinds, raw=files, data=st.data())
def test_off_then_on_is_the_same_bytes(kind: Kind, raw: bytes, data: st.DataObject) -> None:
    document = kind.parse(raw)
    before = _compiled(document)
    assume(before)
    key = data.draw(st.sampled_from(sorted(before)))
    value = document.entry(document.find(key) or 0).value
    off = document.spliced(_tried(lambda: document.disable(key)))
    del before[key]
    assert _compiled(off) == before
    index = off.find_disabled(key)
    assert index is not None
    assert off.entry(index).value == value
    assert not off.entry(index).enabled
    assert off.spliced(off.enable(key)).raw == raw


@law
@given(kind=kinds, above=files, off=commented_out, below=files, data=st.data())
def test_enable_adds_this_entry_alone(
    kind: Kind, above: bytes, off: bytes, below: bytes, data: st.DataObject
) -> None:
    document = kind.parse(above + b"\n" + off + below)
    disabled = [index for index in range(len(document)) if not document.is_enabled(index)]
    assume(disabled)
    key = document.entry(data.draw(st.sampled_from(disabled))).key
    index = document.find_disabled(key)
    assert index is not None
    value = document.entry(index).value
    after = document.spliced(_tried(lambda: document.enable(key)))
    now = _compiled(after)
    assert now.pop(kind.fold(key)) == document._stored(value)
    assert now == _compiled(document)


@law
@given(kind=kinds, above=files, off=commented_out, below=files, wanted=values | items, data=st.data())
def test_what_is_off_gets_a_value_and_stays_off(
    kind: Kind, above: bytes, off: bytes, below: bytes, wanted: bytes | list[bytes], data: st.DataObject
) -> None:
    document = kind.parse(above + b"\n" + off + below)
    disabled = [index for index in range(len(document)) if not document.is_enabled(index)]
    assume(disabled)
    index = document.find_disabled(document.entry(data.draw(st.sampled_from(disabled))).key)
    assert index is not None
    old = document.entry(index)
    after = document.spliced(_tried(lambda: document.set_disabled(old.key, wanted)))
    assert _compiled(after) == _compiled(document)
    assert len(after) == len(document)
    for each in range(len(document)):
        before, now = document.entry(each), after.entry(each)
        if each != index:
            assert (now.key, now.value, now.enabled) == (before.key, before.value, before.enabled)
    now = after.entry(index)
    assert (now.key, now.enabled, now.line) == (old.key, False, old.line)
    if isinstance(wanted, list):
        assert after.items(index) == wanted
    else:
        assert now.value == wanted.strip(kind._TRIMMED)


@law
@given(kind=kinds, raw=files, new=keys, data=st.data())
def test_rename_moves_the_value(kind: Kind, raw: bytes, new: bytes, data: st.DataObject) -> None:
    document = kind.parse(raw)
    before = _compiled(document)
    assume(before)
    key = data.draw(st.sampled_from(sorted(before)))
    after = document.spliced(_tried(lambda: document.rename(key, new)))
    before[kind.fold(new)] = before.pop(key)
    assert _compiled(after) == before
    assert len(after) == len(document)


@law
@given(kind=kinds, raw=files, data=st.data())
def test_missing_keys_are_said_to_be_missing(kind: Kind, raw: bytes, data: st.DataObject) -> None:
    document = kind.parse(raw)
    key = data.draw(keys)
    assume(document.find(key) is None)
    for edit in (document.remove, document.disable, document.remove_duplicates):
        with pytest.raises(Missing):
            edit(key)
    with pytest.raises(Missing):
        document.rename(key, b"other")
    if document.find_disabled(key) is None:
        with pytest.raises(Missing):
            document.enable(key)


@law
@given(kind=kinds, raw=st.lists(files, min_size=1, max_size=4).map(b"".join), data=st.data())
def test_spliced_is_as_if_read_anew(kind: Kind, raw: bytes, data: st.DataObject) -> None:
    document = kind.parse(raw)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(raw)), min_size=2, max_size=4)))
    pieces = st.sampled_from(
        [b"", b"\n", b" ", b"#", b"key value\n", b"#off: x,\n", b"\n\tmore", b"x", b"\xff", b"\0"]
    )
    splices = [
        Splice(start, end, data.draw(pieces)) for start, end in zip(cuts[::2], cuts[1::2], strict=False)
    ]
    after, anew = document.spliced(splices), kind.parse(apply_splices(raw, splices))
    assert after.raw == anew.raw
    for name in ("starts", "kinds", "firsts"):
        assert getattr(after.lines, name) == getattr(anew.lines, name)
    assert after.index[1:] == anew.index[1:]
    assert [after.entry(index) for index in range(len(after))] == [
        anew.entry(index) for index in range(len(anew))
    ]


@pytest.mark.parametrize(("kind", "folder"), [(Table, "tables"), (Aliases, "aliases")])
def test_edits_of_real_files_can_be_taken_back(kind: Kind, folder: str) -> None:
    found = corpus_files(folder, 12)
    if not found:
        pytest.skip("no corpus of real files here")
    for path in found:
        document = kind.parse(path.read_bytes())
        enabled = [index for index in range(len(document)) if document.is_enabled(index)]
        for index in enabled[:: max(1, len(enabled) // 8)]:
            entry, items = document.entry(index), document.items(index)
            if len(list(document.hits(entry.key))) > 1 or entry.key.endswith(b":"):
                continue  # a key that counts twice, or an alias file kept among the tables
            assert document.set(entry.key, entry.value) == []
            off = document.spliced(document.disable(entry.key))
            assert off.spliced(off.enable(entry.key)).raw == document.raw, path
            one_line = b"\n" not in document.raw[entry.start : entry.end - 1]
            changed = document.spliced(document.set(entry.key, b"other@example.com"))
            assert not one_line or changed.spliced(changed.set(entry.key, entry.value)).raw == document.raw
            if len(items) > 1 and all(map(is_one, items)):
                more = document.spliced(document.set(entry.key, [*items, b"more@example.com"]))
                assert more.spliced(more.set(entry.key, items)).raw == document.raw, path


@law
@given(raw=files)
def test_keys_are_found_the_same_once_all_were_read(raw: bytes) -> None:
    for kind in (Table, Aliases):
        fresh, read = kind.parse(raw), kind.parse(raw)
        read.duplicates()  # leaves behind what tells absent keys at once
        for index in range(len(read)):
            key = read.entry(index).key
            assert list(read.hits(key)) == list(fresh.hits(key))
            assert list(read.hits(key + b"x")) == list(fresh.hits(key + b"x"))
