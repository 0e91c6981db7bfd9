"""`mailtui doctor`: the worst first, an exit code, one JSON document."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from mailtui.text.safe import safe
from tests.cli.conftest import Shop, instance_dir, shop

__all__ = ["instance_dir", "shop"]


def test_findings_for_a_human_and_for_a_program(shop: Shop) -> None:
    main = shop.folder / "main.cf"
    main.write_text(
        f"{main.read_text()}inet_interfaces = all\nmynetworks = 127.0.0.0/8 0.0.0.0/0\nsoft_bounce = yes\n"
    )
    plain = shop.run("doctor")
    assert plain.status == 1
    assert plain.out.startswith("error     an open relay: everybody can send anywhere\n")
    assert "fix: - 0.0.0.0/0 out of mynetworks" in plain.out
    told = shop.run("doctor", "--json").json
    assert [each["severity"] for each in told] == sorted(
        (each["severity"] for each in told), key=["error", "warning", "advice"].index
    )
    first = told[0]
    assert (first["id"], first["file"], first["fix"]) == (
        "open-relay",
        str(main),
        "- 0.0.0.0/0 out of mynetworks",
    )
    assert main.read_text().split("\n")[first["line"] - 1].startswith("mynetworks")
    assert all({"id", "severity", "title", "file", "why", "fix"} <= set(each) for each in told)


def test_nothing_wrong(shop: Shop) -> None:
    main = shop.folder / "main.cf"
    main.write_text("compatibility_level = 3.6\n")
    done = shop.run("doctor")
    assert (done.status, done.out) == (0, "nothing is wrong that mailtui knows to look for\n")
    assert shop.run("doctor", "--json").json == []


def test_a_silenced_finding_is_told_of_with_all_only(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "own"))
    kept = tmp_path / "own" / "mailtui" / "config.toml"
    kept.parent.mkdir(parents=True)
    kept.write_text('[[silence]]\nfinding = "open-relay"\nreason = "a sink for tests"\n')
    main = shop.folder / "main.cf"
    main.write_text(f"{main.read_text()}inet_interfaces = all\nmynetworks = 127.0.0.0/8 0.0.0.0/0\n")
    done = shop.run("doctor")
    assert done.status == 0
    assert "open relay" not in done.out
    assert "1 silenced by the settings; --all shows it" in done.err
    told = shop.run("doctor", "--all", "--json")
    assert told.status == 0
    assert [(each["id"], each.get("silenced")) for each in told.json][:1] == [
        ("open-relay", "a sink for tests")
    ]


def test_the_log_is_looked_at_where_one_is_named(shop: Shop, tmp_path: Path) -> None:
    now = datetime.now().astimezone()
    old, new = ((now - timedelta(hours=hours)).isoformat() for hours in (30, 1))
    log = tmp_path / "mail.log"
    lines = [
        f"{old} mx postfix/smtpd[1]: fatal: of yesterday",
        f"{new} mx postfix/submission/smtpd[77]: fatal: no SASL authentication mechanisms",
        f"{new} mx postfix/submission/smtpd[78]: fatal: no SASL authentication mechanisms",
        f"{new} mx postfix/smtpd[79]: warning: fatal: is only a word",
        f"{new} mx postfix/master[5]: panic: \x1b[31mred",
    ]
    log.write_text("".join(f"{line}\n" for line in lines))
    assert "log-fatal" not in {each["id"] for each in shop.run("doctor", "--json").json}
    done = shop.run("doctor", "--log", str(log), "--json")
    found = [each for each in done.json if each["id"] == "log-fatal"]
    assert [each["title"] for each in found] == [
        "postfix/submission/smtpd: fatal: no SASL authentication mechanisms",
        f"postfix/master: panic: {safe(chr(27))}[31mred",
    ]
    assert "2 times in the last 24 hours" in found[0]["why"]
    assert "\x1b" not in done.out
    assert shop.run("doctor", "--log", str(tmp_path / "none")).status == 1
