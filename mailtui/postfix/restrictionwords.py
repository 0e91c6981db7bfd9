"""What each restriction does to a client, in one sentence; when it is wise; words to find it by.

Facts from postconf(5), access(5) and smtpd_check.c of Postfix 3.7. `{x}` in a sentence is the argument.
"""

from __future__ import annotations

from mailtui.postfix.clientwords import CLIENT, HELO
from mailtui.postfix.envelopewords import RECIPIENT, SENDER
from mailtui.postfix.restrictiontext import Words

_DECIDES = {
    "permit": Words(
        "Permits, and ends this list: what stands below in it is never asked.",
        "At the end of a class, or of a list whose rules above have refused whom they should.",
        words="accept allow all end",
    ),
    "reject": Words(
        "Refuses everybody who comes this far, for good (reject_code).",
        "Last in a list for a port where only known clients have business, as submission.",
        words="deny refuse all end 554",
    ),
    "defer": Words(
        "Puts everybody off who comes this far: come back later (defer_code).",
        "While a list is being tried out, in the place of reject.",
        words="later temporary 450 all end",
    ),
    "defer_if_permit": Words(
        "If nothing later refuses the mail, it is put off instead of taken.",
        "Seldom in a list itself; it is what DNS trouble does to a check by itself.",
        words="later temporary",
    ),
    "defer_if_reject": Words(
        "If a later rule of this list refuses the mail for good, it is put off instead.",
        "While a refusing rule is not trusted yet.",
        words="later temporary soften",
    ),
    "warn_if_reject": Words(
        "Makes the next rule only warn: what it would refuse is logged as reject_warning, and goes on.",
        "For every new rule, until the log shows whom it would have hit.",
        words="warn only test try dry log",
    ),
    "sleep": Words(
        "Waits {x} seconds before the next rule.",
        "Together with reject_unauth_pipelining against robots that do not wait; it holds up a process.",
        spends="time", words="delay tarpit wait pause",
    ),
    "check_policy_service": Words(
        "Asks the policy service at {x}, which may give any answer of access(5).",
        "For greylisting, SPF and quotas: behind reject_unauth_destination, so that relay attempts are not"
        " asked about. Mail waits with 451 while the service is down, unless default_action says else.",
        spends="socket", words="greylisting postgrey spf policyd rate quota delegation milter",
    ),
    "reject_unauth_pipelining": Words(
        "Refuses clients that send commands before they were told that they may (503).",
        "In the data list: it costs nothing and hits only robots.",
        words="pipelining robot early talker bot",
    ),
    "reject_plaintext_session": Words(
        "Refuses sessions without TLS (plaintext_reject_code).",
        "For a client or sender who must not come without TLS; a server for the world must not ask it.",
        words="tls encryption starttls",
    ),
    "reject_multi_recipient_bounce": Words(
        "Refuses a bounce (MAIL FROM:<>) that has several recipients.",
        "In the data list: a true bounce has one recipient.",
        needs="sender", words="null sender bounce backscatter",
    ),
}  # fmt: skip

_OF = {
    "client": ("client", "the client's verified name"),
    "reverse_client_hostname": ("client", "the name that the client's address claims"),
    "helo": ("helo", "the HELO name"),
    "sender": ("sender", "the sender's domain"),
    "recipient": ("recipient", "the recipient's domain"),
}
_WHAT = {
    "mx": ("the mail servers (MX)", "Against domains whose MX is a private address or a known bad host."),
    "ns": ("the name servers", "Against domains that are kept at name servers of spammers."),
    "a": ("the addresses", "Against names that lie in a bad network."),
}


def _servers() -> dict[str, Words]:
    result: dict[str, Words] = {}
    for host, (needs, whose) in _OF.items():
        for kind, (what, wise) in _WHAT.items():
            result[f"check_{host}_{kind}_access"] = Words(
                f"Asks the DNS for {what} of {whose} and looks up their names and addresses in {{x}}; "
                "it may not say OK.",
                wise,
                needs=needs,  # type: ignore[arg-type]  # one of the words of Needs, above
                spends="dns table",
                words=f"{kind} dns server domain block",
            )
    return result


WORDS: dict[str, Words] = {**_DECIDES, **CLIENT, **HELO, **SENDER, **RECIPIENT, **_servers()}
"""By the name in use today; the names of old are in `restrictionnames.OLD_NAMES`."""
