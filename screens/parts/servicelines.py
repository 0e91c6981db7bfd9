"""A service of AUTH as a row of the matrix, and in the pane."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from mailtui.postfix.instance import Instance
from mailtui.sasl.matrix import PERMIT, ServiceLine, matrix
from mailtui.sasl.tls import Facts, facts, sni_maps
from mailtui.screens.parts.columns import Column
from mailtui.screens.parts.detail import LABEL
from mailtui.screens.parts.keys import key_for
from mailtui.screens.parts.linelist import Row
from mailtui.screens.parts.servicelook import Answer
from mailtui.screens.parts.text import Spans
from mailtui.settings import Settings, load
from mailtui.text.safe import safe

Answers = Mapping[str, Answer]
COLUMNS = (
    Column("SERVICE", share=1, least=11, most=20),
    Column("AUTH", share=0, least=8),
    Column("TLS", share=0, least=8),
    Column("MECHANISMS", share=2, least=14, drop=72),
    Column("CHECKED BY", share=0, least=10),
    Column("RELAY", share=0, least=5),
    Column("SENDER", share=0, least=7, drop=62),
)
_TLS = {"none": "none", "may": "offered", "encrypt": "STARTTLS", "wrapper": "at once"}
_AUTH_TLS = {
    "encrypt": "STARTTLS must come first",
    "wrapper": "TLS from the first byte",
    "may": "STARTTLS is offered",
    "none": "no TLS at all",
}


class AuthLine(NamedTuple):
    """A service with its certificates, and what its entry sets. `soon`: the days before a certificate's end
    from which it is told of."""

    line: ServiceLine
    files: tuple[Facts, ...] = ()
    sni: tuple[str, ...] = ()
    soon: float = Settings.certificate_days

    @property
    def name(self) -> str:
        return self.line.name


def read(instance: Instance) -> list[AuthLine]:
    """All of them. Raises InstanceError."""
    sni, soon = tuple(sni_maps(instance)), load().certificate_days
    return [
        AuthLine(line, tuple(facts(instance, line.auth)) if line.auth is not None else (), sni, soon)
        for line in matrix(instance)
    ]


def words(one: AuthLine) -> str:
    """What a filter finds it by."""
    return as_text(one)


def troubles(one: AuthLine, answers: Answers) -> tuple[list[str], list[str]]:
    """What is wrong with a service, and what is doubtful."""
    line, auth = one.line, one.line.auth
    if auth is None or not auth.offered:
        return [], []
    bad, doubtful = [], []
    if line.clear:
        bad.append("passwords may go over the net as they are: TLS is not demanded before AUTH")
    if auth.conf.problem and auth.kind == "cyrus":
        bad.append(f"{safe(auth.conf.path)}: {auth.conf.problem}: smtpd dies of it")
    if auth.tls != "none" and not one.files:
        bad.append("TLS is wanted, and there is no certificate: smtpd_tls_cert_file")
    for each in one.files:
        bad += [text for text in (each.unreadable, each.key, each.key_open) if text]
        doubtful += [each.chain] if each.chain_broken else []
        days = each.certificate.days if each.certificate is not None else None
        if days is not None and days < 0:
            bad.append(f"the certificate {safe(each.pair.cert)} has expired")
        elif days is not None and days <= one.soon:
            doubtful.append(f"the certificate {safe(each.pair.cert)} ends in {days} days")
    if line.kind == "smtp":
        doubtful.append("port 25 is for other servers: strangers guess passwords there")
    else:
        bad += [each.why for each in line.shut]
    doubtful += [f"{safe(row.text)} comes after a rule that lets him pass" for row in line.senders.late]
    answer = answers.get(line.name)
    if answer is not None and not answer.fine:
        bad.append(answer.checker)
    if answer is not None and answer.served(one.files) == "other":
        doubtful.append("it shows another certificate than the file has: reload Postfix")
    return bad, doubtful


def cells(one: AuthLine, answers: Answers) -> Row:
    """The row."""
    line, auth = one.line, one.line.auth
    if auth is None:
        return Row((safe(line.row.name), "off", "", "", "", "", ""), "#")
    bad, doubtful = troubles(one, answers)
    tls = _TLS[auth.tls]
    if not auth.offered:
        return Row((safe(line.row.name), "no", tls, "", "", "", ""), "")
    under = "TLS only" if auth.under_tls else "CLEAR" if line.clear else "yes"
    cells_ = (
        safe(line.row.name), under, tls, mechanisms(one, answers), line.checked_by, line.relay,
        line.senders.word,
    )  # fmt: skip
    return Row(cells_, "!" if bad else "?" if doubtful else "")


def mechanisms(one: AuthLine, answers: Answers) -> str:
    """The mechanisms that it says it has, else those that it should have."""
    answer = answers.get(one.name)
    heard = answer.greeting.offered if answer is not None and answer.greeting is not None else ()
    if heard or one.line.mechanisms:
        return safe(" ".join(heard or one.line.mechanisms))
    auth = one.line.auth
    return "as dovecot has" if auth is not None and auth.kind == "dovecot" else "all installed"


def _said(label: str, text: str, style: str = "") -> Spans:
    return [(label.ljust(LABEL), style or "dim"), (text, style)]


def about(one: AuthLine, answers: Answers) -> tuple[Spans, Spans, list[Spans]]:
    """Title left and right, and lines."""
    row = one.line.row
    left: Spans = [(safe(row.service), "bold")]
    right: Spans = [(f"master.cf:{row.line}", "dim")]
    return left, right, list(_lines(one, answers))


def _lines(one: AuthLine, answers: Answers) -> Iterator[Spans]:
    line, auth, new = one.line, one.line.auth, key_for("authservices.new", "n")
    if auth is None:
        yield _said("off", f"its entry in master.cf is commented out; {new} puts it in force, with AUTH")
        return
    bad, doubtful = troubles(one, answers)
    for text in bad:
        yield _said("! wrong", text, "error")
    for text in doubtful:
        yield _said("? note", text, "warning")
    if not auth.offered:
        yield _said("AUTH", f"not offered; {_AUTH_TLS[auth.tls]}. {new} turns it on")
    else:
        only = "under TLS alone" if auth.under_tls else "with and without TLS"
        yield _said("AUTH", f"offered {only}: {_AUTH_TLS[auth.tls]}; {mechanisms(one, answers)}")
        if not line.shut:
            yield _said("relay", _relay(line))
        yield _said("sender", _senders(line))
        yield from _checking(one, answers)
        if line.broken:
            yield _said("old", "broken_sasl_auth_clients = yes: AUTH is told once more, for very old clients")
    yield from _certificates(one, answers.get(line.name))
    yield from _written(line)


def _checking(one: AuthLine, answers: Answers) -> Iterator[Spans]:
    auth = one.line.auth
    answer = answers.get(one.name)
    if auth is None:
        return
    if auth.kind == "cyrus":
        where = safe(auth.conf.path) or f"no {safe(auth.conf.wanted)}: Cyrus SASL's defaults"
        chroot = ", in the chroot" if auth.chrooted else ""
        base = f", {safe(auth.database)}{chroot}" if auth.asks_sasldb else ""
        yield _said("checked", f"by {one.line.checked_by}{base}; a bare name is in {safe(auth.realm)}")
        yield _said("", where)
    else:
        yield _said("checked", f"by {safe(auth.kind)}, asked at {safe(auth.path)}")
    if answer is not None and answer.checker and answer.fine:
        yield _said("", answer.checker)


def _relay(line: ServiceLine) -> str:
    found = next((each.permit for each in reversed(line.gates) if each.permit is not None), None)
    if found is None:
        return "who logged in may send anywhere, as may others: nothing stops them here"
    place = f"{found.file.rpartition('/')[2]}:{found.line or found.place.line or '?'}"
    where = found.place.title if found.place.is_set else f"the default of {found.place.name}"
    return f"who logged in may send anywhere: {PERMIT} in {safe(where)} ({safe(place)})"


def _senders(line: ServiceLine) -> str:
    found = line.senders
    match found.word:
        case "any":
            return "who logged in may use any sender address"
        case "no maps":
            return f"{safe(found.rules[0].text)}, but smtpd_sender_login_maps is empty"
    return f"{safe(found.rules[0].text)} by {safe(found.maps)}"


def _certificates(one: AuthLine, answer: Answer | None) -> Iterator[Spans]:
    for each in one.files:
        if each.certificate is None:
            continue
        snakeoil = "Debian's snakeoil; " if each.snakeoil else ""
        yield _said("cert", f"{safe(each.pair.cert)}: {snakeoil}{each.certificate.words()}")
        good = [f"{each.count} in the file", "key fits"] if not each.key else [f"{each.count} in the file"]
        served = answer.served(one.files) if answer is not None else ""
        if served:
            good.append("it is the one that is shown" if served == "same" else "another one is shown")
        yield _said("", "; ".join([*good, *([each.chain] if each.chain else [])]))
    if one.sni:
        yield _said("SNI", f"by server name: {safe(', '.join(one.sni))}")
    if answer is not None and answer.problem:
        yield _said("? answer", answer.problem, "warning")


def _written(line: ServiceLine) -> Iterator[Spans]:
    names = ("smtpd_sasl_", "smtpd_tls_", "broken_sasl", "smtpd_sender_login")
    own = [
        f"-o {safe(each.name)}={safe(each.value)}"
        for each in line.row.options
        if each.counts and each.name.startswith(names)
    ]
    if own:
        yield _said("own", " ".join(own))


def as_text(one: AuthLine, answers: Answers | None = None) -> str:
    """A row as plain text."""
    row = cells(one, answers or {})
    return f"{row.marker or ' '} {'  '.join(str(each) for each in row.cells if each)}"


def named(found: Sequence[AuthLine], name: str) -> AuthLine | None:
    return next((each for each in found if each.name == name), None)
