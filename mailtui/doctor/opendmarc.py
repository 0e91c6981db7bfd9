"""opendmarc: whose results it believes, and whose mail it refuses that it should not."""

from __future__ import annotations

import os
from collections.abc import Iterator

from mailtui.doctor.case import Case, fixed
from mailtui.doctor.model import Finding, Severity
from mailtui.edits.keywords import SetKeyword
from mailtui.edits.plan import Plan
from mailtui.milters.dkim.place import config_path as dkim_path
from mailtui.milters.dkim.place import read_config
from mailtui.milters.opendmarc import SUFFIXES, Opendmarc, asking, named, opendmarc
from mailtui.milters.policydspf import names_it, policyds
from mailtui.text.safe import safe


def findings(case: Case) -> Iterator[Finding]:
    """Where the chains ask opendmarc, and its file can be read."""
    judge = opendmarc(case.instance)
    if judge is None:
        return
    yield from _names(case, judge)
    yield from _users(case, judge)
    yield from _spf(case, judge)
    yield from _suffixes(case, judge)
    yield from _neighbours(case, judge)


def _names(case: Case, judge: Opendmarc) -> Iterator[Finding]:
    """The names under which opendkim and policyd-spf write are among those that it believes."""
    writers: list[tuple[str, str]] = []
    if asking(case.instance, "opendkim", dkim_path(case.instance)):
        config = read_config(case.instance)
        writers.append(("opendkim", named(config.text("AuthservID"), judge.host)))
    writers += [
        ("policyd-spf", named(each.value("Authserv_Id"), judge.host))
        for each in policyds(case.instance)
        if "AR" in each.value("Header_Type") and any(names_it(sight.row, each) for sight in case.sights)
    ]
    trusted = {name.lower() for name in judge.trusted}
    lost = [(program, name) for program, name in writers if name.lower() not in trusted]
    if not lost:
        return
    added = dict.fromkeys((*judge.trusted, *(name for _, name in lost)))
    who = " and ".join(f"{program} ({safe(name)})" for program, name in lost)
    yield _of(
        case, judge, "opendmarc-trusted", "error", f"opendmarc does not believe {who}", "TrustedAuthservIDs",
        f"it believes {', '.join(map(safe, judge.trusted))} alone: good signatures count for nothing,"
        " and honest mail fails DMARC", ",".join(added),
    )  # fmt: skip


def _users(case: Case, judge: Opendmarc) -> Iterator[Finding]:
    """Mail of own users who have logged in is judged as a stranger's."""
    if judge.yes("IgnoreAuthenticatedClients"):
        return
    asked = {asker.service for chain, _ in judge.asked for asker in chain.asking}
    logins = [
        server.service for server in case.servers
        if server.lists.yes("smtpd_sasl_auth_enable") and server.service in asked
    ]  # fmt: skip
    if not logins:
        return
    severe: Severity = "error" if judge.yes("RejectFailures") else "warning"
    does = "refuses it" if severe == "error" else "marks it as failed"
    yield _of(
        case, judge, "opendmarc-own-users", severe, "opendmarc judges the mail of our own users",
        "IgnoreAuthenticatedClients",
        f"clients log in at {', '.join(map(safe, logins))}, and their mail is not signed yet, nor sent from"
        f" an address that SPF lets send: where the domain has a policy opendmarc {does}", "true",
    )  # fmt: skip


def _spf(case: Case, judge: Opendmarc) -> Iterator[Finding]:
    """Nobody tells it the result of SPF."""
    if judge.yes("SPFSelfValidate"):
        return
    told = any(names_it(sight.row, each) for each in policyds(case.instance) for sight in case.sights)
    if told and not judge.yes("SPFIgnoreResults"):
        return
    why = "SPFIgnoreResults passes over what policyd-spf wrote" if told else "nothing checks SPF before it"
    yield _of(
        case, judge, "opendmarc-no-spf", "warning", "opendmarc has no result of SPF", "SPFSelfValidate",
        f"{why}: mail that only SPF would let pass fails DMARC", "true",
    )  # fmt: skip


def _suffixes(case: Case, judge: Opendmarc) -> Iterator[Finding]:
    """Without the list no organisational domain is known."""
    written = judge.text("PublicSuffixList")
    if written and os.path.exists(written):
        return
    why = (
        "policies of an organisation are not found for its subdomains, and only exact names are aligned:"
        " relaxed alignment fails where it should pass"
    )
    title = f"PublicSuffixList {safe(written)} is not there" if written else "there is no PublicSuffixList"
    there = os.path.exists(SUFFIXES)
    yield _of(
        case, judge, "opendmarc-suffixes", "error" if written else "warning", title, "PublicSuffixList", why,
        SUFFIXES if there else "", "install the package publicsuffix, then name its file",
    )  # fmt: skip


def _neighbours(case: Case, judge: Opendmarc) -> Iterator[Finding]:
    """Own hosts that may relay are refused as strangers."""
    if not judge.yes("RejectFailures") or judge.text("IgnoreHosts"):
        return
    others = [item for item in case.setting("mynetworks").replace(",", " ").split() if not _is_own(item)]
    if others:
        yield Finding(
            "opendmarc-own-hosts", "warning", "opendmarc may refuse the mail of our own hosts",
            judge.target.path, judge.line("RejectFailures"),
            f"{safe(', '.join(others[:4]), 120)} may relay here (mynetworks), and RejectFailures passes over"
            " 127.0.0.1 alone: what they send in the name of a domain with a policy is refused", None,
            "write them into a file and name it with IgnoreHosts",
        )  # fmt: skip


def _is_own(item: str) -> bool:
    return item.startswith(("127.", "[::1]", "[::ffff:127."))


def _of(
    case: Case, judge: Opendmarc, kind: str, severity: Severity, title: str, name: str, why: str, value: str,
    otherwise: str = "",
) -> Finding:  # fmt: skip
    was = judge.document.value(name)
    plan = Plan((SetKeyword(judge.target, name, value, None if was is None else judge.text(name)),))
    fix, words = fixed(case.tried(plan) if value else None, otherwise or f"set {name} {safe(value)}")
    line = judge.line(name) or 1
    return Finding(kind, severity, title, judge.target.path, line, why, fix, words)
