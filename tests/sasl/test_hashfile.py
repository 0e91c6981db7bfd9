"""Two databases of the same accounts are alike, whatever their bytes; another password is seen."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from mailtui.sasl.hashfile import passwords
from tests.sasl.offices import saslpasswd


def test_order_and_history_do_not_count(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    names = [f"user{number}@falcot.com" for number in range(60)]
    for name in names:
        saslpasswd(one, name, f"pw {name}")
    for name in reversed(names):
        saslpasswd(other, name, f"pw {name}")
    first, second = passwords(one.read_bytes()), passwords(other.read_bytes())
    assert one.read_bytes() != other.read_bytes()
    assert first is not None
    assert second is not None
    assert first == second
    assert len(first) == 60
    saslpasswd(other, names[7], "another")
    third = passwords(other.read_bytes())
    assert third is not None
    assert [key for key in first if first[key] != third[key]] == [("user7", "falcot.com")]
    assert b"pw user" not in b"".join(first.values())


@given(st.binary(max_size=2000), st.integers(0, 12287))
def test_garbage_is_none_or_nothing(junk: bytes, at: int) -> None:
    passwords(junk)
    page = bytearray(12288)
    page[12:16], page[16:20], page[20:24] = (0x061561).to_bytes(4, "little"), b"\x09\0\0\0", b"\0\x10\0\0"
    page[at : at + len(junk)] = junk
    found = passwords(bytes(page[:12288]))
    assert found is None or isinstance(found, dict)
