"""Logins that failed in the last day of the log, by client and by account."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mailtui.maillog.source import Source
from mailtui.postfix.instance import Instance
from mailtui.sasl.guessing import guesses
from tests.postfix.conftest import instance_dir

__all__ = ["instance_dir"]
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
FAILED = (
    "{time} mail postfix/submission/smtpd[77]: warning: {name}[{address}]: SASL LOGIN authentication failed:"
    " authentication failure{more}\n"
)


def failed(hour: str, address: str, more: str = "", name: str = "unknown") -> str:
    return FAILED.format(time=f"2026-11-{hour}:00+00:00", name=name, address=address, more=more)


def test_by_client_and_by_account_and_not_longer_ago(instance_dir: Any, tmp_path: Path) -> None:
    log = tmp_path / "mail.log"
    lines = [failed("21T10:00", "192.0.2.1")] * 50
    lines += [failed("23T10:00", "203.0.113.9", ", sasl_username=jean")] * 11
    lines += [failed("23T11:00", "2001:db8::9", ", sasl_username=jean", "host.example")] * 3
    lines += ["2026-11-23T11:00:00+00:00 mail saslauthd[9]: do_auth : auth failure: [user=laure] [service=smtp]"
              " [realm=] [mech=pam] [reason=PAM auth error]\n"] * 12  # fmt: skip
    lines += ["2026-11-23T11:00:00+00:00 mail postfix/smtpd[7]: connect from x[203.0.113.9]\n"]
    log.write_text("".join(lines))
    found = guesses(Instance.open(str(instance_dir(""))), Source("file", str(log)), NOW)
    assert dict(found.clients) == {"203.0.113.9": 11, "2001:db8::9": 3}
    assert found.by_client == [("203.0.113.9", 11)]
    assert found.by_account == [("jean", 14), ("laure", 12)]
    assert found.total == 14
    assert found.last["203.0.113.9"].startswith(b"2026-11-23T10:00")


def test_without_a_log(instance_dir: Any) -> None:
    found = guesses(Instance.open(str(instance_dir(""))), Source("none", why="there is none"))
    assert (found.total, found.path) == (0, "")
