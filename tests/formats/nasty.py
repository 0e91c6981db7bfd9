"""Texts that look like tables and go wrong in every way a table can."""

from __future__ import annotations

from hypothesis import strategies as st

_WORDS = st.sampled_from(
    [
        b"root",
        b"Info@Falcot.com",
        b"info@falcot.com",
        b"@falcot.com",
        b"falcot.com",
        b'"first last"@falcot.com',
        b'"first',
        b'last"',
        b"back\\ slash",
        b"end\\",
        b"\\",
        b'"',
        "ÄÖ@falcot.com".encode(),
        "äö@falcot.com".encode(),
        "Straße".encode(),
        b"STRASSE",
        "\u212aelvin".encode(),
        b"kelvin",
        b"\xff\xfe",
        b"caf\xe9",
        b"key:",
        b"a:b",
        b"first last:",
        b"list:",
        b"a.b:",
        b"x , y",
        b":include:/etc/list",
        b'"|/bin/command a, b"',
        b"|/bin/command",
        b"/var/mail/x",
        b"(a (nested) comment)",
        b"(open",
        b"[1.2.3.4]",
        b"[open",
        b"Joe User <joe@falcot.com>",
        b"<a@b>",
        b"group: a, b;",
        b'""',
        b"%",
        b"!",
        b"#",
        b"#off",
        b"\x01",
        b"\0",
        b",",
        b"REJECT no such user",
    ]
)
_BLANKS = st.sampled_from([b" ", b"  ", b"\t", b" \t ", b"\r", b"\v", b"\f", b""])
_ENDS = st.sampled_from([b"\n", b"\n", b"\n", b"\r\n", b" \n", b"\n\n", b"\n # note\n", b"\n#\n"])
_LINE = st.builds(
    lambda *parts: b"".join(parts),
    st.sampled_from([b"", b"", b"", b"#", b" ", b"\t", b"# "]),
    _WORDS,
    st.sampled_from([b" ", b"\t", b": ", b":", b"  ", b""]),
    _WORDS,
    _BLANKS,
    _WORDS | st.just(b""),
    _ENDS,
)
files = st.lists(_LINE, max_size=12).map(b"".join) | st.builds(
    lambda lines, last: b"".join(lines) + last, st.lists(_LINE, max_size=6), _WORDS
)
"""Files made of plausible and impossible lines, the last without a newline at times."""

anything = files | st.binary(max_size=200)
"""Those, and any bytes."""
