"""Host names and addresses, against Postfix's own library where it can be loaded."""

from __future__ import annotations

import ctypes
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mailtui.postfix.smtpd.hostnames import (
    as_ascii,
    bare_address,
    is_address,
    is_hostname,
    without_final_dot,
)

LIBRARIES = Path("/usr/lib/postfix")
WILDCARD = 2
_TEXTS = st.one_of(
    st.text(alphabet="ab1.-_*", max_size=14),
    st.text(alphabet="0123456789.:abcdef", max_size=20),
    st.text(alphabet=":12f", max_size=18),
    st.builds("IPv6:{}".format, st.text(alphabet=":12f.", max_size=14)),
    st.builds("{}.example".format, st.text(alphabet="a", min_size=60, max_size=66)),
    st.integers(60, 66).map(lambda count: "abc." * count + "d"),
)


@pytest.fixture(scope="module")
def postfix() -> tuple[ctypes.CDLL, ctypes.CDLL]:
    if not (LIBRARIES / "libpostfix-global.so").exists():
        pytest.skip("Postfix's libraries are not here")
    util = ctypes.CDLL(str(LIBRARIES / "libpostfix-util.so"), mode=ctypes.RTLD_GLOBAL)
    shared = ctypes.CDLL(str(LIBRARIES / "libpostfix-global.so"), mode=ctypes.RTLD_GLOBAL)
    shared.valid_mailhost_addr.restype = ctypes.c_char_p
    return util, shared


@given(_TEXTS)
@example("::")
@example("::1.2.3.4")
@example("1:2:3")
@example("0.0.0.0")
@example("0.1.2.3")
@example("*.example")
@example("12345")
def test_as_postfix_judges(postfix: tuple[ctypes.CDLL, ctypes.CDLL], text: str) -> None:
    util, shared = postfix
    raw = text.encode()
    assert is_hostname(text) == bool(util.valid_hostname(raw, 0))
    assert is_hostname(text, wildcard=True) == bool(util.valid_hostname(raw, WILDCARD))
    assert is_address(text) == bool(util.valid_hostaddr(raw, 0))
    assert (bare_address(text) or "").encode() == (shared.valid_mailhost_addr(raw, 0) or b"")


def test_a_final_dot() -> None:
    assert [without_final_dot(name) for name in ("a.", "a..", ".", "a")] == ["a", "a..", ".", "a"]


def test_letters_beyond_ascii() -> None:
    assert not is_hostname("köln.example")
    assert as_ascii("köln.example") == "xn--kln-sna.example"
    assert as_ascii("a..ö") == "a..ö"
