"""The lists of milters with the real programs: recognised, asked, edited, hung, stopped, behind a chroot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from mailtui import commands
from mailtui.demo.filters import Filters
from mailtui.demo.lab import Lab

pytestmark = [
    pytest.mark.skipif(commands.find(name) is None, reason=f"{name} is not installed")
    for name in ("opendkim", "opendmarc")
]


def pinged(lab: Lab, *words: str) -> tuple[bool, dict[str, dict[str, Any]]]:
    """Whether ping exits with 0, and the milters of smtpd_milters by their programs."""
    done = lab.mailtui("milter", "ping", "--json", "--timeout", "1", *words)
    rows = json.loads(done.out)
    return done.ok, {row["name"]: row for row in rows if row["chain"] == "smtpd"}


def all_findings(lab: Lab) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(lab.mailtui("doctor", "--json").out)
    return [each for each in found if each["id"].startswith("milter-")]


def findings(lab: Lab) -> dict[str, dict[str, Any]]:
    """By kind; of several the last."""
    return {each["id"]: each for each in all_findings(lab)}


def test_the_real_programs_are_told_and_asked(lab: Lab) -> None:
    filters = Filters(lab)
    dkim, dmarc = filters.opendkim(), filters.opendmarc(unix=True)
    filters.attach(dkim, dmarc)
    answered, rows = pinged(lab)
    assert answered
    assert set(rows) == {"opendkim", "opendmarc"}
    assert rows["opendkim"]["protocol_version"] == 6
    assert "add headers" in rows["opendkim"]["actions"]
    assert rows["opendmarc"]["own_address"] == f"local:{lab.place.spool}/opendmarc/opendmarc.sock"
    assert rows["opendmarc"]["listens"] == f"unix:{lab.place.spool}/opendmarc/opendmarc.sock"
    assert not findings(lab)

    dkim.hang()
    answered, rows = pinged(lab)
    assert not answered
    assert (rows["opendkim"]["reachable"], rows["opendkim"]["negotiated"]) == (True, False)
    dkim.resume()
    assert pinged(lab)[0]

    dmarc.stop()
    answered, rows = pinged(lab)
    assert not answered
    assert not rows["opendmarc"]["reachable"]
    dmarc.restart()
    assert pinged(lab)[0]


def test_what_is_said_of_a_dead_milter_is_what_happens(lab: Lab) -> None:
    filters = Filters(lab)
    dkim = filters.opendkim()
    filters.attach(dkim)
    dkim.stop()
    cases = (("tempfail", 451, "451 4.7.1"), ("accept", 250, "UNSIGNED"), ("quarantine", 250, "hold"))
    for action, code, words in cases:
        done = lab.mailtui("milter", "remove", dkim.address, "--no-rehearsal", "--yes")
        assert done.ok, done.words
        done = lab.mailtui(
            "milter", "add", dkim.address, "--set", f"default_action={action}", "--no-rehearsal", "--yes"
        )
        assert done.ok, done.words
        before = lab.log_size()
        answer = lab.send("jean@falcot.com", subject=action)
        assert answer.code == code, answer
        kind = "milter-stops-mail" if action == "tempfail" else "milter-down"
        told = [each for each in all_findings(lab) if each["id"] == kind]
        assert len(told) == 2  # of mail by SMTP, and of that of this host's own programs
        assert any(words in each["why"] for each in told)
        if action == "quarantine":
            lab.logged("milter-hold|quarantine", after=before)


def test_a_full_path_in_a_chroot_is_found_and_mended(lab: Lab) -> None:
    filters = Filters(lab)
    dmarc = filters.opendmarc(unix=True)
    master = Path(lab.config_dir, "master.cf")
    lines = master.read_text().splitlines(keepends=True)
    smtp = next(at for at, line in enumerate(lines) if line.split()[:2] == ["smtp", "inet"])
    words = lines[smtp].split()
    words[4] = "y"
    lines[smtp] = " ".join(words) + "\n"
    master.write_text("".join(lines))
    full = f"unix:{lab.place.spool}/opendmarc/opendmarc.sock"
    done = lab.mailtui(
        "milter",
        "add",
        full,
        "--chain",
        "smtpd",
        "--set",
        "default_action=tempfail",
        "--no-rehearsal",
        "--yes",
    )
    assert done.ok, done.words
    assert lab.postfix("reload").ok
    assert lab.send("jean@falcot.com").code == 451
    found = findings(lab)["milter-chroot"]
    assert found["severity"] == "error"
    assert "unix:opendmarc/opendmarc.sock" in found["fix"]
    assert lab.mailtui("milter", "remove", full, "--no-rehearsal", "--yes").ok
    done = lab.mailtui(
        "milter", "add", dmarc.address, "--chain", "smtpd", "--set", "default_action=tempfail",
        "--no-rehearsal", "--yes",
    )  # fmt: skip
    assert done.ok, done.words
    assert lab.postfix("reload").ok
    assert lab.send("jean@falcot.com").code == 250
    assert "milter-chroot" not in findings(lab)
    assert pinged(lab)[0]
