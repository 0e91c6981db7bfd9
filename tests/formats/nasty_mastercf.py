"""Texts that look like master.cf and go wrong in every way it can."""

from __future__ import annotations

from hypothesis import strategies as st

SERVICES = [("smtp", "inet"), ("qmgr", "unix"), ("x", "unix"), ("submission", "inet")]
OPTIONS = ["a", "smtpd_tls_wrappermode", "syslog_name"]

_gap = st.sampled_from([b" ", b"  ", b"\t", b"       "])
_values = st.sampled_from([b"", b"yes", b"postfix/x", b"$y", b"{c d}", b"caf\xe9", b"a=b"])
_spaced = st.sampled_from([b"a b", b"permit, reject", b"", b"x"])
_option = st.one_of(
    st.builds(lambda n, v: b"-o " + n.encode() + b"=" + v, st.sampled_from(OPTIONS), _values),
    st.builds(lambda n, v: b"-o { " + n.encode() + b" = " + v + b" }", st.sampled_from(OPTIONS), _spaced),
    st.just(b"-v"),
    st.builds(lambda n, v: b"-o\t" + n.encode() + b"=" + v, st.sampled_from(OPTIONS), _values),
)
_ignored = st.sampled_from(
    [b"# a remark", b"", b"  ", b"#  -o old=1", b"#", b"\t# -o deep=1", b"##  -o older=2"]
)
_remarks: st.SearchStrategy[list[bytes]] = st.lists(_ignored, max_size=2)
_indent = st.sampled_from([b" ", b"  ", b"\t", b"    "])
_garbage = st.sampled_from(
    [b"smtp inet n - y -", b" -o orphan=1", b"z tcp - - - - - z", b"q unix - - - - - q -o a = b"]
)


@st.composite
def entry(draw: st.DrawFn, *, commented: bool = False) -> list[bytes]:
    """The lines of one service, without their newlines."""
    name, kind = draw(st.sampled_from(SERVICES))
    flag = st.sampled_from([b"y", b"n", b"-"])
    private = b"n" if kind == "inet" else draw(flag)
    fields = [name.encode(), kind.encode(), private, draw(flag), draw(flag)]
    fields += [draw(st.sampled_from([b"-", b"60", b"300?"])), draw(st.sampled_from([b"-", b"0", b"10"]))]
    pipe = draw(st.integers(0, 3)) == 0
    fields.append(b"pipe" if pipe else b"smtpd")
    mark = b"#" if commented else b""
    lines = [mark + b"".join(field + draw(_gap) for field in fields).rstrip()]
    options = draw(st.lists(_option, max_size=4))
    beside = draw(st.booleans())
    if beside and options:
        lines[0] += draw(_gap) + options.pop(0)
    for option in options:
        if not commented:
            lines += draw(_remarks)
        lines.append(mark + draw(_indent) + option)
    if pipe:
        lines.append(mark + b"  flags=Fq user=x argv=/bin/y $sender")
        if draw(st.booleans()):
            lines.append(mark + b"    plain {b c} words")
    return lines


@st.composite
def master_cf(draw: st.DrawFn, *, odd: bool = False) -> bytes:
    """A master.cf. `odd`: with lines that Postfix cannot take."""
    parts: list[st.SearchStrategy[list[bytes]]] = [
        entry(),
        entry(commented=True),
        st.lists(_ignored, max_size=3),
    ]
    if odd:
        parts.append(st.builds(lambda line: [line], _garbage))
    lines = [line for part in draw(st.lists(st.one_of(parts), max_size=6)) for line in part]
    newline = draw(st.sampled_from([b"\n", b"\n", b"\r\n"]))
    raw = b"".join(line + newline for line in lines)
    return raw.removesuffix(newline) if draw(st.integers(0, 3)) == 0 else raw
