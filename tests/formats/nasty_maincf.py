"""Texts that look like main.cf and go wrong in every way it can."""

from __future__ import annotations

from hypothesis import strategies as st

NAMES = ["relayhost", "mydestination", "mynetworks", "smtpd_recipient_restrictions", "x_class", "b"]

_ITEMS = [
    b"permit_mynetworks",
    b"reject",
    b"a",
    b"localhost",
    b"$mydomain",
    b"hash:/etc/postfix/x",
    b"inline:{a=b, c=d}",
    b"{ inet:localhost:8891, timeout=3s }",
    b"10.0.0.0/8",
    b"!x",
    b"caf\xe9",
    "ä".encode(),
]
ITEMS = st.sampled_from(_ITEMS)
ODD_ITEMS = st.sampled_from([*_ITEMS, b"#x", b"}", b"a}b", b"=", b"x=y"])

_gaps = st.sampled_from([b" ", b", ", b",", b"  ", b" , ", b",\t"])
_ends = st.sampled_from([b"", b"", b"", b",", b" ", b" ,"])
_ignored = st.sampled_from(
    [
        b"# prose about it",
        b"",
        b"  ",
        b"\t# indented",
        b"#",
        b"#   permit_old,",
        b"#relayhost = x",
        b"##  y",
        b"# a",
    ]
)
_indents = st.sampled_from([b" ", b"  ", b"    ", b"\t", b"\t\t", b"  , "])
_equals = st.sampled_from([b" = ", b"=", b" =", b"= ", b"\t=\t", b"   =  "])


def _joined(items: list[bytes], gaps: list[bytes], end: bytes) -> bytes:
    result = b""
    for item, gap in zip(items, gaps, strict=False):
        result += item + gap
    return result.rstrip(b" \t,") + end


def _line(items: st.SearchStrategy[bytes], least: int) -> st.SearchStrategy[bytes]:
    return st.builds(
        _joined, st.lists(items, min_size=least, max_size=3), st.lists(_gaps, min_size=3, max_size=3), _ends
    )


@st.composite
def definition(draw: st.DrawFn, items: st.SearchStrategy[bytes] = ITEMS, prefix: bytes = b"") -> list[bytes]:
    """The lines of one parameter, without their newlines."""
    lines = [prefix + draw(st.sampled_from(NAMES)).encode() + draw(_equals) + draw(_line(items, 0))]
    if draw(st.integers(0, 5)) == 0:
        lines[0] += b" { inet:localhost:1,"
        lines += [prefix + b"   timeout=3s,", prefix + b"   x = y }"]
        lines[-1] += draw(st.sampled_from([b"", b",", b" z", b", z, {", b", reject"])).replace(b"{", b"a")
    for _ in range(draw(st.integers(0, 3))):
        lines += draw(st.lists(_ignored, max_size=2)) if not prefix else []
        lines.append(prefix + draw(_indents) + draw(_line(items, 1)))
    return lines


_garbage = st.sampled_from(
    [
        b"no equals sign",
        b"= no name",
        b" orphan",
        b"\xef\xbb\xbfbom = 1",
        b"nul\0 = a",
        b"b = a\0c",
        b"a\rb = c",
        b"\x0c",
    ]
)


@st.composite
def main_cf(draw: st.DrawFn, *, odd: bool = False) -> bytes:
    """A main.cf. `odd`: with lines that Postfix cannot take, and items that are hardly any."""
    items = ODD_ITEMS if odd else ITEMS
    parts = [definition(items), definition(ITEMS, b"#"), st.lists(_ignored, max_size=3)]
    if odd:
        parts.append(st.builds(lambda line: [line], _garbage))
    lines = [line for part in draw(st.lists(st.one_of(parts), max_size=7)) for line in part]
    newline = draw(st.sampled_from([b"\n", b"\n", b"\r\n"]))
    ends = [b"\n" if draw(st.integers(0, 9)) == 0 else newline for _ in lines]
    raw = b"".join(line + end for line, end in zip(lines, ends, strict=True))
    return raw.removesuffix(newline) if draw(st.integers(0, 3)) == 0 else raw
