"""Edits of master.cf: they do what they say, come back, meet others' changes, and survive a saved draft."""

from __future__ import annotations

import json

import pytest

from mailtui.edits.draft import merged
from mailtui.edits.model import Conflict, Edit
from mailtui.edits.services import (
    AddService,
    RemoveService,
    RemoveServiceOption,
    SetServiceField,
    SetServiceOption,
    SwitchService,
    SwitchServiceOption,
    words_of,
)
from mailtui.edits.store import from_json, to_json
from mailtui.formats.mastercf import MasterCf
from mailtui.formats.splice import Missing, Refused
from mailtui.formats.target import Target

MASTER = Target("master.cf", "/etc/postfix/master.cf")
RAW = b"""\
# services
smtp      inet  n       -       y       -       -       smtpd
  -o syslog_name=postfix/smtp
#  -o smtpd_tls_wrappermode=yes
# about pickup
pickup    unix  n       -       y       60      1       pickup
#submission inet n       -       y       -       -       smtpd
#  -o syslog_name=postfix/submission
"""
BLOCK = "submissions inet n - y - - smtpd\n  -o smtpd_tls_wrappermode=yes\n"

EDITS: list[Edit] = [
    SetServiceField(MASTER, "smtp/inet", "chroot", "n", "y"),
    SetServiceOption(MASTER, "smtp/inet", "syslog_name", "postfix/in", "postfix/smtp"),
    SetServiceOption(MASTER, "pickup/unix", "content_filter", "scan:[127.0.0.1]:10025", None),
    RemoveServiceOption(MASTER, "smtp/inet", "syslog_name", "postfix/smtp"),
    SwitchServiceOption(MASTER, "smtp/inet", "smtpd_tls_wrappermode", "yes", on=True),
    SwitchServiceOption(MASTER, "smtp/inet", "syslog_name", "postfix/smtp", on=False),
    SwitchService(
        MASTER,
        "submission/inet",
        (*["submission", "inet", "n", "-", "y", "-", "-", "smtpd", "-o", "syslog_name=postfix/submission"],),
        on=True,
    ),
    SwitchService(
        MASTER,
        "smtp/inet",
        (*["smtp", "inet", "n", "-", "y", "-", "-", "smtpd", "-o", "syslog_name=postfix/smtp"],),
        on=False,
    ),
    AddService(MASTER, "submissions/inet", BLOCK),
]


def read(raw: bytes) -> dict[tuple[str, str], tuple[tuple[str, ...], dict[str, bytes]]]:
    return {(s.name, s.type): (s.fields, s.values) for s in MasterCf.parse(raw).services if s.enabled}


def done(raw: bytes, edit: Edit) -> bytes:
    document = MasterCf.parse(raw)
    after: bytes = document.spliced(edit.splices(document)).raw
    return after


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.describe())
def test_an_edit_and_its_inverse(edit: Edit) -> None:
    after = done(RAW, edit)
    assert after != RAW
    assert list(edit.splices(MasterCf.parse(after))) == []
    back = done(after, edit.inverse())
    assert read(back) == read(RAW)
    assert merged([edit, edit.inverse()]) == ()
    assert from_json(json.loads(json.dumps(to_json(edit)))) == edit


def test_what_each_does() -> None:
    smtp, pickup = ("smtp", "inet"), ("pickup", "unix")
    assert read(done(RAW, EDITS[0]))[smtp][0][4] == "n"
    assert read(done(RAW, EDITS[1]))[smtp][1] == {"syslog_name": b"postfix/in"}
    assert read(done(RAW, EDITS[2]))[pickup][1] == {"content_filter": b"scan:[127.0.0.1]:10025"}
    assert read(done(RAW, EDITS[3]))[smtp][1] == {}
    assert read(done(RAW, EDITS[4]))[smtp][1]["smtpd_tls_wrappermode"] == b"yes"
    assert read(done(RAW, EDITS[6]))["submission", "inet"][1] == {"syslog_name": b"postfix/submission"}
    assert smtp not in read(done(RAW, EDITS[7]))
    assert read(done(RAW, EDITS[7]))[pickup] == read(RAW)[pickup]


def test_a_service_taken_out_leaves_none_of_its_options_to_another() -> None:
    block = "smtp inet n - y - - smtpd\n  -o syslog_name=postfix/smtp\n"
    after = done(RAW, RemoveService(MASTER, "smtp/inet", block))
    assert after == RAW.replace(RAW[RAW.index(b"smtp ") : RAW.index(b"# about")], b"")


@pytest.mark.parametrize(
    ("edit", "theirs"),
    [
        (SetServiceField(MASTER, "smtp/inet", "chroot", "n", "-"), "y"),
        (SetServiceOption(MASTER, "smtp/inet", "syslog_name", "x", "other"), "postfix/smtp"),
        (SetServiceOption(MASTER, "smtp/inet", "syslog_name", "x", None), "postfix/smtp"),
        (RemoveServiceOption(MASTER, "smtp/inet", "syslog_name", "other"), "postfix/smtp"),
        (SwitchServiceOption(MASTER, "smtp/inet", "syslog_name", "other", on=False), "postfix/smtp"),
    ],
)
def test_somebody_elses_change_is_a_conflict(edit: Edit, theirs: str) -> None:
    with pytest.raises(Conflict) as raised:
        edit.splices(MasterCf.parse(RAW))
    assert raised.value.theirs == theirs


def test_a_service_that_another_added_meanwhile_is_a_conflict() -> None:
    mine = AddService(MASTER, "pickup/unix", "pickup unix n - n 60 1 pickup\n")
    with pytest.raises(Conflict):
        mine.splices(MasterCf.parse(RAW))
    same = AddService(MASTER, "pickup/unix", "pickup unix n - y 60 1 pickup\n")
    assert same.splices(MasterCf.parse(RAW)) == []


def test_what_cannot_be_is_refused() -> None:
    document = MasterCf.parse(RAW)
    with pytest.raises(Missing):
        SwitchService(MASTER, "none/unix", (), on=False).splices(document)
    with pytest.raises(Missing):
        SetServiceOption(MASTER, "none/unix", "a", "b").splices(document)
    for block in (
        "smtps inet n\n",
        "a unix - - n - - smtp\nb unix - - n - - smtp\n",
        "",
        "465 inet y - y - - smtpd\n",
    ):
        with pytest.raises(Refused):
            AddService(MASTER, "465/inet", block).splices(document)
    with pytest.raises(Refused):
        AddService(MASTER, "other/inet", BLOCK).splices(document)


def test_edits_of_one_entry_fold() -> None:
    first = SetServiceOption(MASTER, "smtp/inet", "syslog_name", "a", "postfix/smtp")
    then = SetServiceOption(MASTER, "smtp/inet", "syslog_name", "b", "a")
    assert merged([first, then]) == (
        SetServiceOption(MASTER, "smtp/inet", "syslog_name", "b", "postfix/smtp"),
    )
    gone = RemoveServiceOption(MASTER, "smtp/inet", "syslog_name", "a")
    assert merged([first, gone]) == (RemoveServiceOption(MASTER, "smtp/inet", "syslog_name", "postfix/smtp"),)


def test_off_and_on_again_is_the_same_entry_whatever_examples_stand_below() -> None:
    raw = RAW + b"#smtp inet n - y - 1 postscreen\n"
    off = SwitchService(MASTER, "smtp/inet", words_of(MasterCf.parse(raw).get("smtp", "inet")), on=False)  # type: ignore[arg-type]  # it is there
    assert done(done(raw, off), off.inverse()) == raw
    with pytest.raises(Conflict):
        SwitchService(MASTER, "smtp/inet", ("smtp", "inet"), on=False).splices(MasterCf.parse(raw))
