"""Which rule gave a refusal, as far as its words tell: smtpd(8)'s own texts are each given by one
restriction; a text of the admin's own says at least at which stage and for what it was looked up.

refusal(record).rule      # "reject_rbl_client dnsbl.example"
"""

from __future__ import annotations

import re
from typing import NamedTuple

from mailtui.maillog.record import Record


class Refusal(NamedTuple):
    """`rule`: the restriction or parameter; empty where the words do not tell. `why`: what that rule asks."""

    rule: str
    why: str


_SUBJECTS = {
    "client host": ("client", "the client"),
    "helo command": ("helo", "what the client called itself"),
    "sender address": ("sender", "the sender"),
    "recipient address": ("recipient", "the recipient"),
}
_LISTED = re.compile(
    r"(Service unavailable; )?(client|Client host|Helo command|Sender address|Recipient address)"
    r" \[([^\]]*)\] blocked using ([^\s;]+)"
)
_FIXED: tuple[tuple[str, str, str], ...] = (
    ("relay access denied", "reject_unauth_destination",
     "the recipient's domain is none of ours, and the client may not relay"),
    ("user unknown in local recipient table", "reject_unlisted_recipient (local_recipient_maps)",
     "no account and no alias has this name"),
    ("user unknown in virtual alias table", "reject_unlisted_recipient (virtual_alias_maps)",
     "the domain is a virtual alias domain, and no entry has this address"),
    ("user unknown in virtual mailbox table", "reject_unlisted_recipient (virtual_mailbox_maps)",
     "the domain is a virtual mailbox domain, and no mailbox has this address"),
    ("user unknown in relay recipient table", "reject_unlisted_recipient (relay_recipient_maps)",
     "the domain is relayed, and this address is not in its list"),
    ("cannot find your reverse hostname", "reject_unknown_reverse_client_hostname",
     "the client's address has no name in DNS"),
    ("cannot find your hostname", "reject_unknown_client_hostname",
     "the client's address has no name in DNS that leads back to it"),
    ("session encryption is required", "reject_plaintext_session", "the client did not use TLS"),
    ("must issue a starttls command first", "smtpd_tls_security_level", "the client did not use TLS"),
    ("improper use of smtp command pipelining", "reject_unauth_pipelining",
     "the client did not wait for its turn"),
    ("not owned by user", "reject_sender_login_mismatch", "the login may not send as this sender"),
    ("not logged in", "reject_sender_login_mismatch", "this sender belongs to a login, and there was none"),
    ("multi-recipient bounce", "reject_multi_recipient_bounce", "a bounce goes to one address only"),
    ("send helo/ehlo first", "smtpd_helo_required", "the client said no HELO"),
    ("message size exceeds", "message_size_limit", "the message is larger than that"),
    ("insufficient system storage", "queue_minfree", "the queue's file system is nearly full"),
    ("too many recipients", "smtpd_recipient_limit", "the client named more recipients than that"),
    ("too many connections from", "smtpd_client_connection_count_limit",
     "the client has more connections open than that"),
    ("connection rate", "smtpd_client_connection_rate_limit", "the client connects more often than that"),
    ("undeliverable address", "reject_unverified_{}", "a probe of the address was refused"),
    ("unverified address", "reject_unverified_{}", "the probe of the address has no answer yet"),
    ("service currently unavailable", "postscreen(8)", "a new client: it may come again soon"),
    ("protocol error", "postscreen(8)", "the client broke the protocol"),
    ("need fully-qualified hostname", "reject_non_fqdn_helo_hostname", "the name has no domain"),
    ("need fully-qualified address", "reject_non_fqdn_{}", "the address has no whole domain"),
    ("invalid name", "reject_invalid_helo_hostname", "that is no host's name"),
    ("host not found", "reject_unknown_helo_hostname", "DNS knows no such host"),
    ("domain not found", "reject_unknown_{}_domain", "DNS knows no such domain"),
    ("malformed dns server reply", "reject_unknown_{}_domain", "DNS gives nonsense for the domain"),
    ("greylist", "check_policy_service",
     "greylisting: the first try is put off, and a real server comes again"),
)  # fmt: skip
"""Words of smtpd_check.c and postscreen(8), in lower case, the rule that says them, what it asks. `{}`: the
stage's own word."""
_KINDS = {
    "Client host": "reject_rbl_client", "Helo command": "reject_rhsbl_helo",
    "Sender address": "reject_rhsbl_sender", "Recipient address": "reject_rhsbl_recipient",
}  # fmt: skip


def refusal(record: Record) -> Refusal:
    """The rule behind a refusal's reply."""
    text, low = record.text, record.text.lower()
    if record.event == "milter_reject":
        return Refusal("a milter (smtpd_milters)", "the milter's own rules decide, see its lines in the log")
    listed = _LISTED.search(text)
    if listed is not None:
        rule = (
            "postscreen_dnsbl_sites" if listed[2] == "client" else _KINDS.get(listed[2], "reject_rbl_client")
        )
        if rule == "reject_rbl_client" and not re.fullmatch(r"[0-9A-Fa-f.:]+", listed[3]):
            rule = "reject_rhsbl_client"
        return Refusal(f"{rule} {listed[4]}", f"{listed[3]} is on this list")
    if low.startswith(("header ", "body ", "mime ", "nested")) or " (header " in low or " (body " in low:
        return Refusal("header_checks or body_checks", "a line of the message matches a pattern there")
    stage, subject = _stage(low)
    for words, rule, why in _FIXED:
        if words in low:
            return Refusal(rule.format(stage or "recipient"), why)
    if not stage:
        return Refusal(
            "", "the words are in no rule of Postfix's own: an access table or a policy service said them"
        )
    if "access denied" in low:
        return Refusal(
            f"check_{stage}_access, or reject", f"a table says REJECT for {subject}, or all are refused here"
        )
    return Refusal(
        f"check_{stage}_access or check_policy_service",
        f"the words are no rule's own: a table's entry or a policy service gave them for {subject}",
    )


def _stage(low: str) -> tuple[str, str]:
    """What was refused: the stage's word, and what it looks at."""
    for words, found in _SUBJECTS.items():
        if f"{words} rejected" in low:
            return found
    return "", ""
