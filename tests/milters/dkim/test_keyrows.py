"""Keys as rows: for whom each signs, where a new one goes, when each last signed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

import pytest

from mailtui.maillog.source import Source
from mailtui.milters.dkim.config import DkimConfig
from mailtui.milters.dkim.habit import key_name, key_path, new_selector
from mailtui.milters.dkim.keyrows import KeyRow, keys, look, pattern_domain, sample
from mailtui.milters.dkim.lastused import found_in, last_used
from mailtui.postfix.files import Files


def _config(folder: Path, conf: str, **files: str) -> DkimConfig:
    for name, text in files.items():
        (folder / name).write_text(text.replace("@", "@"))
    (folder / "opendkim.conf").write_text(conf.replace("DIR", str(folder)))
    return DkimConfig.read(str(folder / "opendkim.conf"), Files())


def _signs(config: DkimConfig) -> dict[tuple[str, str], tuple[str, ...]]:
    return {row.key: row.signs for row in keys(config)}


TABLES = "KeyTable DIR/kt\nSigningTable refile:DIR/st\n"


def test_a_key_signs_for_the_entries_that_are_reached(tmp_path: Path) -> None:
    config = _config(
        tmp_path, TABLES, kt="a falcot.com:s:/a\nb falcot.org:s:/b\nc falcot.net:s:/c\n",
        st="*@falcot.com a\njean@falcot.org b\n*@falcot.org b\njean@* c\n*@falcot.com b\n",
    )  # fmt: skip
    assert _signs(config) == {
        ("falcot.com", "s"): ("*@falcot.com",), ("falcot.org", "s"): ("jean@falcot.org", "*@falcot.org"),
        ("falcot.net", "s"): ("jean@*",),
    }  # fmt: skip


def test_a_key_for_any_domain_is_a_row_for_each_that_is_named(tmp_path: Path) -> None:
    config = _config(
        tmp_path, TABLES, kt="all %:s:/keys/%/s\n", st="*@falcot.com all\n*@falcot.org all\n*@* all\n"
    )
    found = {row.domain: row.key_file for row in keys(config)}
    assert found == {"falcot.com": "/keys/falcot.com/s", "falcot.org": "/keys/falcot.org/s", "%": "/keys/%/s"}


def test_names_by_percent_lead_to_the_key_called_like_the_domain(tmp_path: Path) -> None:
    config = _config(tmp_path, TABLES, kt="falcot.com falcot.com:s:/a\nother x.example:s:/b\n", st="*@* %\n")
    assert _signs(config) == {("falcot.com", "s"): ("*@falcot.com",), ("x.example", "s"): ()}


def test_a_set_up_without_tables_has_a_row_for_each_domain(tmp_path: Path) -> None:
    conf = "Domain Falcot.com,falcot.org\nKeyFile DIR/k\nSelector s\nSubDomains yes\n"
    assert _signs(_config(tmp_path, conf)) == {
        ("falcot.com", "s"): ("*@Falcot.com", "*@*.Falcot.com"),
        ("falcot.org", "s"): ("*@falcot.org", "*@*.falcot.org"),
    }  # fmt: skip


def test_included_files_and_the_last_of_two_count(tmp_path: Path) -> None:
    config = _config(tmp_path, "Selector a\nInclude DIR/more\nMode s\n", more="Selector b\nMode v\n")
    assert (config.selector, config.mode) == ("b", "s")
    assert config.keywords["selector"].file.endswith("more")


def test_files_that_include_each_other_end(tmp_path: Path) -> None:
    config = _config(tmp_path, "Include DIR/opendkim.conf\n")
    assert any("without an end" in text for text in config.problems)


@pytest.mark.parametrize(
    ("pattern", "domain", "address"),
    [
        ("*@falcot.com", "", "mailtui-anybody@falcot.com"),
        (".falcot.com", "", "mailtui-anybody@mailtui-anybody.falcot.com"),
        ("*@*", "falcot.com", "mailtui-anybody@falcot.com"),
        ("*@falcot.org", "falcot.com", None),
        ("[ab]@falcot.com", "", None),
    ],
)
def test_samples(pattern: str, domain: str, address: str | None) -> None:
    assert sample(pattern, domain) == address


def test_the_domain_of_a_pattern() -> None:
    assert [pattern_domain(each) for each in ("*@Falcot.com", ".falcot.com", "*@*.x", "jean@*")] == [
        "falcot.com", "falcot.com", "", "",
    ]  # fmt: skip


def _row(domain: str, selector: str, path: str, name: str = "") -> KeyRow:
    return KeyRow(domain, selector, path, name)


@pytest.mark.parametrize(
    ("rows", "path"),
    [
        ([], "/etc/dkimkeys/new.org/s2.private"),
        ([_row("a.com", "s1", "/k/a.com/s1.private")], "/k/new.org/s2.private"),
        ([_row("a.com", "s1", "/k/s1.a.com.pem")], "/k/s2.new.org.pem"),
        ([_row("a.com", "s1", "/k/key")], "/k/new.org/s2.private"),
        ([_row("new.org", "s1", "/k/s1.private")], "/k/s2.private"),
        ([_row("a.com", "mail", "/var/mail/mailkeys/mail.a.com.key")], "/var/mail/mailkeys/s2.new.org.key"),
        ([_row("mail.com", "mail", "/k/mail.com/mail.key")], "/k/new.org/s2.key"),
    ],
)
def test_a_new_file_is_named_as_the_others(rows: list[KeyRow], path: str) -> None:
    config = DkimConfig("/etc/opendkim.conf", {}, Files())
    assert key_path(config, rows, "new.org", "s2") == path


def test_a_new_row_is_named_as_the_others() -> None:
    assert key_name((), "new.org", "s2") == "s2._domainkey.new.org"
    assert key_name((_row("a.com", "s1", "", "a.com/s1"),), "new.org", "s2") == "new.org/s2"
    assert key_name((_row("mail.com", "mail", "", "mail._domainkey.mail.com"),), "b.org", "x") == (
        "x._domainkey.b.org"
    )
    assert key_name((_row("a.com", "s1", "", "s2._domainkey.new.org"),), "new.org", "s2").endswith("-2")


def test_a_selector_is_never_used_twice() -> None:
    now = 1_800_000_000.0
    first = new_selector([], now)
    assert first.startswith("mail2027")
    assert new_selector([first], now) == f"{first}b"
    assert new_selector([first, f"{first}b"], now) == f"{first}c"


def test_the_last_signature_of_each_key(tmp_path: Path) -> None:
    line = "2026-11-{day:02}T10:00:00+00:00 mx opendkim[7]: 4Ab: DKIM-Signature field added (s={s}, d={d})\n"
    log = tmp_path / "mail.log"
    text = "".join(line.format(day=day, s="mail", d="Falcot.com") for day in (20, 21, 22))
    log.write_text(text + line.format(day=19, s="mail", d="falcot.org") + "garbage\n")
    found = last_used(Source("file", str(log)), [("falcot.com", "mail"), ("falcot.net", "x")])
    assert found == {("falcot.com", "mail"): datetime(2026, 11, 22, 10, tzinfo=UTC)}
    assert not last_used(Source("file", str(tmp_path / "none")), [("falcot.com", "mail")])
    assert not found_in(b"DKIM-Signature field added (s=mail, d=falcot.com)", {("falcot.com", "mail")})


def test_who_is_not_root_is_told_that_a_key_was_not_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> NoReturn:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("mailtui.milters.dkim.keyrows.os.geteuid", lambda: 65534)
    monkeypatch.setattr("mailtui.milters.dkim.keyrows.walk", refused)
    monkeypatch.setattr("mailtui.milters.dkim.keyrows.os.access", lambda *_: False)
    key = tmp_path / "s.private"
    key.write_bytes(b"")
    (problem,) = look(_config(tmp_path, ""), "falcot.com", "s", str(key)).problems[:1]
    assert problem.unseen
    assert not problem.stops
    assert problem.words == f"{key}: root alone may look; run mailtui with sudo"
