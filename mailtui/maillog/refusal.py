"""Which rule gave a refusal, as far as its words tell: smtpd(8)'s own texts are each given by one
restriction; a text of the admin's own says at least at which stage and for what it was looked up.

    found = refusal(record)
    found.rule        # "reject_rbl_client dnsbl.example"
    found.certainty   # "sure", "likely", "unknown"
    found.do          # what an admin can do, in words

Where such a rule stands in the lists of this server: `mailtui.postfix.refusalplaces`.
"""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from mailtui.maillog.record import Record
from mailtui.maillog.replytexts import TEXTS, Said

Certainty = Literal["sure", "likely", "unknown"]


class Refusal(NamedTuple):
    """`rule`: the restriction or parameter; empty where the words do not tell. `why`: what that rule asks.
    `do`: what an admin can do. `names`: the restrictions and parameters that can give this reply, `argument`
    the zone of a DNS list; `stage` what was refused (client, helo, sender, recipient), where the reply says
    it. `said`: the words of the reply without what they are about."""

    rule: str
    why: str
    certainty: Certainty = "unknown"
    do: str = ""
    names: tuple[str, ...] = ()
    argument: str = ""
    stage: str = ""
    said: str = ""


_SUBJECTS = {
    "unverified client host": ("reverse_client_hostname", "the name of the client's address"),
    "client host": ("client", "the client"),
    "client certificate": ("ccert", "the client's certificate"),
    "sasl login name": ("sasl", "the login"),
    "helo command": ("helo", "what the client called itself"),
    "sender address": ("sender", "the sender"),
    "recipient address": ("recipient", "the recipient"),
    "etrn command": ("etrn", "the domain of ETRN"),
    "data command": ("data", "the message before it is sent"),
    "end-of-data": ("end_of_data", "the message once it is sent"),
}
_LISTED = re.compile(
    r"(Service unavailable; )?(client|Client host|Helo command|Sender address|Recipient address)"
    r" \[([^\]]*)\] blocked using ([^\s;]+)"
)
_KINDS = {
    "Helo command": "reject_rhsbl_helo", "Sender address": "reject_rhsbl_sender",
    "Recipient address": "reject_rhsbl_recipient",
}  # fmt: skip
_CONTENT = re.compile(r"(?:mime |nested )?(?:header|body|content)\b|.* \((?:header|body) ", re.IGNORECASE)
_CHECKS = ("header_checks", "mime_header_checks", "nested_header_checks", "body_checks")
_ABOUT = re.compile(r"<[^>]*>: ")
_REJECTED = re.compile(r"(?:^|: |<.*>: )([A-Z][A-Za-z -]{3,24}) rejected: (.*)", re.DOTALL)


def refusal(record: Record) -> Refusal:
    """The rule behind a refusal's reply."""
    text, low = record.text, record.text.lower()
    if record.event == "milter_reject":
        return Refusal(
            "a milter (smtpd_milters)", "the milter's own rules decide, see its lines in the log", "sure",
            "see the milter's lines at the same second: which of them it was, and its reason",
            ("smtpd_milters", "non_smtpd_milters"), said=text,
        )  # fmt: skip
    listed = _LISTED.search(text)
    if listed is not None:
        return _listed(listed)
    if (record.process or "").endswith("cleanup") or _CONTENT.match(record.stage or text):
        return Refusal(
            "header_checks or body_checks", "a line of the message matches a pattern there", "sure",
            "change the pattern; postmap -q - on the table tells which it was", _CHECKS, said=text,
        )  # fmt: skip
    stage, subject, said = _stage(text)
    for entry in TEXTS:
        if entry.words in low:
            found = _own(entry, stage, said, low)
            return _relaying(found, record) if found.rule == "reject_unauth_destination" else found
    return _of_table(stage, subject, said)


def _listed(found: re.Match[str]) -> Refusal:
    kind, what, zone = found[2], found[3], found[4]
    why = f"{what} is on this list"
    do = "the list's page tells the reason and how to be taken off; a table above the rule lets a friend pass"
    if kind == "client":
        return Refusal(
            f"postscreen_dnsbl_sites {zone}", why, "sure", do, ("postscreen_dnsbl_sites",), zone, "client"
        )
    if kind in _KINDS:
        name = _KINDS[kind]
        return Refusal(f"{name} {zone}", why, "sure", do, (name,), zone, name.rpartition("_")[2])
    if re.fullmatch(r"[0-9A-Fa-f.:]+", what):
        names = ("reject_rbl_client", "reject_rbl", "reject_maps_rbl")
        return Refusal(f"reject_rbl_client {zone}", why, "sure", do, names, zone, "client")
    by_name = ("reject_rhsbl_client", "reject_rhsbl_reverse_client")
    return Refusal(f"reject_rhsbl_client {zone}", why, "sure", do, by_name, zone, "client")


def _own(entry: Said, stage: str, said: str, low: str) -> Refusal:
    """A text of Postfix's own. It is sure where the reply says nothing else; a table's text, or a policy
    service's, may hold the same words."""
    word = stage or ("sender" if "sender address" in low else "recipient")
    rule = entry.rule.replace("{}", word)
    names = tuple(name.replace("{}", word) for name in entry.names) or (rule.partition(" ")[0],)
    words = _ABOUT.sub("", said.lower()).removeprefix("error: ")
    certainty: Certainty = "sure" if entry.sure and words.startswith(entry.words) else "likely"
    return Refusal(rule, entry.why, certainty, entry.do, names, stage=stage, said=said)


def _relaying(found: Refusal, record: Record) -> Refusal:
    """Of the two that refuse to relay, the one with this code: a 5xx is never defer_unauth_destination's."""
    if record.code is not None and record.code < 500:
        return found._replace(rule="defer_unauth_destination")
    return found._replace(names=tuple(name for name in found.names if not name.startswith("defer_")))


def _of_table(stage: str, subject: str, said: str) -> Refusal:
    if not stage:
        return Refusal(
            "", "the words are in no rule of Postfix's own: an access table or a policy service said them",
            do="look for the words in the access tables and in the policy service's own lines", said=said,
        )  # fmt: skip
    names = (f"check_{stage}_access", *(f"check_{stage}_{of}_access" for of in ("mx", "ns", "a")))
    if said.lower() == "access denied":
        return Refusal(
            f"check_{stage}_access, or reject",
            f"a table says REJECT for {subject}, or all are refused here", "likely",
            "find the entry in the table: take it out, or put a more exact one with DUNNO beside it",
            (*names, "reject", "check_policy_service"), stage=stage, said=said,
        )  # fmt: skip
    return Refusal(
        f"check_{stage}_access or check_policy_service",
        f"the words are no rule's own: a table's entry or a policy service gave them for {subject}", "likely",
        "find the words in the table, or in the policy service's own lines",
        (*names, "check_policy_service"), stage=stage, said=said,
    )  # fmt: skip


def _stage(text: str) -> tuple[str, str, str]:
    """What was refused: the stage's word, what it looks at, and the words behind `rejected:`."""
    for found in _REJECTED.finditer(text):
        known = _SUBJECTS.get(found[1].lower())
        if known is not None:
            return (*known, found[2].strip())
    return "", "", text
