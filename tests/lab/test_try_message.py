"""What try-message says is what the real cleanup(8) does to the same message."""

from __future__ import annotations

import json
import random
import re
import sys
import time
from collections.abc import Iterator

import pytest

from mailtui.demo.lab import Lab
from mailtui.postfix.instance import Instance
from mailtui.postfix.trymessage import Fired, Trial, try_message

HEADER = rb"""
/^X-Rej: (.*)/ REJECT no $1 here
/^X-Def:/ REJECT 4.7.1 later
/^X-Code:/ REJECT 5.7.26 not so
/^X-Warn: (.*)/ WARN saw
  $1
/^X-Info:/ INFO
if /^X-(Pre|Rep)/
/^X-Pre:/ PREPEND X-Put: y
/^X-Rep:/ REPLACE X-Warn: z
endif
/^X-Strip:/ STRIP gone
/^X-Ign:/ IGNORE
/^X-Hold:/ HOLD wait
/^X-Disc:/ DISCARD
/^X-Pass:/ PASS
/^X-Redir:/ REDIRECT laure@falcot.com
/^X-Bcc:/ BCC laure@falcot.com
/^X-Filt:/ FILTER nowhere
/^X-550:/ 550 no
/^X-Bad(/ REJECT
"""
MIME = rb"""
/^Content-Disposition:.*\.exe/ REJECT no programs
/^Content-Disposition:/ WARN an attachment
!/^(MIME-Version|Content-Type|Content-Dis)/ INFO an odd one
"""
NESTED = b"/^X-/ WARN nested\n/^Subject:.*inner/ INFO inner\n"
BODY = rb"""
if /pills/
/cheap/ REJECT cheap pills
/./ WARN pills
endif
/^strip/ STRIP
/^discard me/ DISCARD
/caf\xe9|\xc3\xa9/ INFO accents
/^--b/ INFO boundary
/late/ WARN late
"""
_SEND = """
import json, socket, sys
from pathlib import Path
message = sys.stdin.buffer.read()
sock = socket.create_connection(("127.0.0.1", 25), timeout=20)
stream = sock.makefile("rwb")
def answer():
    while True:
        line = stream.readline()
        if line[3:4] != b"-":
            return line.decode("latin-1").strip()
def say(line):
    stream.write(line + b"\\r\\n")
    stream.flush()
    return answer()
answer()
for line in (b"EHLO client.example.net", b"MAIL FROM:<desk@partner.example>", b"RCPT TO:<laure@falcot.com>", b"DATA"):
    said = say(line)
lines = message.split(b"\\n")
stream.write(b"\\r\\n".join(b"." + line if line.startswith(b".") else line for line in lines))
print(json.dumps([said, say(b".")]))
"""


@pytest.fixture(scope="module")
def checked_lab() -> Iterator[Lab]:
    with Lab() as lab:
        folder = lab.config_dir
        texts = {"hc": HEADER, "mc": MIME, "nc": NESTED, "bc": BODY}
        for name, text in texts.items():
            (folder / name).write_bytes(text)
        done = lab.run(
            "postconf", "-e", f"header_checks=regexp:{folder}/hc", f"mime_header_checks=pcre:{folder}/mc",
            f"nested_header_checks=pcre:{folder}/nc", f"body_checks=pcre:{folder}/bc",
            "body_checks_size_limit=120", "smtpd_client_restrictions=", "smtpd_milters=", "content_filter=",
        )  # fmt: skip
        assert done.ok, done.words
        assert lab.postfix("reload").ok
        yield lab


def message(choose: random.Random, number: int) -> bytes:
    """A message with some of what the rules look for, in every class."""
    names = [
        "Rej: me", "Def: a", "Code: b", "Warn: one\n two", "Info: c", "Pre: d", "Rep: e", "Strip: f", "Ign: g",
        "Hold: h", "Disc: i", "Pass: j", "Redir: k", "Bcc: l", "Filt: m", "550: n", "Bad: o", "Other: p",
    ]  # fmt: skip
    calm = [name for name in names if name[:3] not in {"Rej", "Def", "Cod", "Dis", "Pas", "Red"}]
    wild = choose.random() < 0.6
    body = [
        "cheap pills", "pills", "strip this", "discard me", "café", "text", "", "late", "x" * 60, "--b", "--bb--",
        "X-Rej: not a header",
    ]  # fmt: skip
    if not wild:
        body.remove("cheap pills")
        body.remove("discard me")

    def some(things: list[str], most: int, mark: str = "") -> list[str]:
        return [mark + thing for thing in choose.choices(things, k=choose.randint(0, most))]

    lines = [f"Subject: {number}", "From: a@partner.example", "To: laure@falcot.com"]
    lines += some(calm if choose.random() < 0.7 else names, 4, "X-")
    lines += some(["MIME-Version: 1.0", "Content-Disposition: inline", "Content-Id: <x@y>"], 1)
    if choose.random() < 0.6:
        lines += ['Content-Type: multipart/mixed; boundary="b"', "", *some(body, 3)]
        for _ in range(choose.randint(1, 3)):
            lines += ["--b", *some(["Content-Disposition: attachment; name=a.exe"], int(wild))]
            lines += some(["Content-Disposition: attachment;\n\tname=a.txt", "X-Warn: part"], 2)
            if choose.random() < 0.5:
                lines += ["Content-Type: message/rfc822", "", "Subject: the inner one", *some(names, 1, "X-")]
            lines += ["", *some(body, 4)]
        lines += ["--b--"]
    else:
        lines += [""]
    lines += some(body, 5)
    text = "\n".join(lines) + "\n"
    return text.encode("latin-1" if choose.random() < 0.5 else "utf-8")


_LOGGED = re.compile(
    rb"postfix/cleanup\[\d+\]: \w+: (reject|warning|info|hold|discard|pass|filter|redirect|bcc|prepend|replace"
    rb"|strip): (header|body) (.*) from localhost\[127\.0\.0\.1\];",
)  # fmt: skip
_SILENT = {"IGNORE", "DUNNO", "OK"}


def told(trial: Trial) -> list[tuple[str, str, str]]:
    """What the log will say of the rules that fire."""
    words = {"WARN": "warning"}
    return [
        (words.get(f.action.word.upper(), f.action.word.lower()), "body" if "body" in f.parameter else "header", _cut(f))
        for f in trial.fired
        if f.action.word.upper() not in _SILENT and f.action.effect != "error" and not f.twice
    ]  # fmt: skip


def _cut(fired: Fired) -> str:
    text = fired.text.encode("utf-8", "surrogateescape")[:200].decode("ascii", "replace")
    return re.sub(r"[^ -~]+", "?", text)


def logged(lab: Lab, after: int) -> list[tuple[str, str, str]]:
    raw = lab.log.read_bytes()[after:]
    return [
        (a.decode(), b.decode(), re.sub(r"[^ -~]+|\?+", "?", c.decode("ascii", "replace")))
        for a, b, c in _LOGGED.findall(raw)
    ]


@pytest.mark.law
def test_it_agrees_with_the_real_cleanup(checked_lab: Lab) -> None:
    lab = checked_lab
    instance = Instance.open(str(lab.config_dir))
    choose = random.Random(20261122)
    seen: set[str] = set()
    for number in range(80):
        raw = message(choose, number)
        trial = try_message(instance, raw, delivery=False)
        seen |= {trial.effect, *(fired.action.word for fired in trial.fired)}
        after = lab.log_size()
        done = lab.run(sys.executable, "-c", _SEND, stdin=raw)
        assert done.ok, done.words
        ready, said = json.loads(done.out)
        assert ready.startswith("354"), ready
        last = trial.fired[-1] if trial.fired else None
        if trial.effect in {"reject", "defer"}:
            assert last is not None
            assert said == last.action.does, raw
        else:
            assert said.startswith("250"), (said, raw, trial)
        time.sleep(0.05)
        assert logged(lab, after) == told(trial), raw
    assert {"reject", "defer", "discard", "hold", "PASS", "REDIRECT", "BCC", "REPLACE", "550"} <= seen


def test_a_rule_that_was_edited_refuses(checked_lab: Lab) -> None:
    lab = checked_lab
    plain = b"Subject: lottery\nFrom: a@b.example\n\nhello\n"
    before = lab.run(sys.executable, "-c", _SEND, stdin=plain)
    assert json.loads(before.out)[1].startswith("250")
    assert lab.mailtui("try-message", "-", stdin=plain).out.strip().endswith(b"the mail passes as it is")
    draft = {
        "mailtui_draft": 1,
        "groups": [
            {
                "label": "",
                "edits": [
                    {
                        "edit": "add-pattern", "format": "regexp", "path": f"{lab.config_dir}/hc", "type": "regexp",
                        "rule": "/^Subject: lottery/", "number": 0, "text": "/^Subject: lottery/ REJECT no lotteries",
                        "before": "/^X-Rej: (.*)/", "before_number": 0,
                    }
                ],
            }
        ],
    }  # fmt: skip
    path = lab.directory / "draft.json"
    path.write_text(json.dumps(draft))
    done = lab.mailtui("draft", "apply", str(path), "--yes")
    assert done.ok, done.words
    found = lab.mailtui("try-message", "-", "--json", stdin=plain)
    assert json.loads(found.out)["effect"] == "reject"
    after = lab.run(sys.executable, "-c", _SEND, stdin=plain)
    assert json.loads(after.out)[1] == "550 5.7.1 no lotteries"
