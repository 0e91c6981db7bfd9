"""The switches and reply codes beside the restriction lists: what holds, and what to know of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from mailtui.postfix.basesettings import SettingRow
from mailtui.postfix.errors import ParameterError
from mailtui.postfix.instance import Instance
from mailtui.postfix.lookups import split_list
from mailtui.text.safe import safe

SWITCHES = (
    "smtpd_delay_reject", "smtpd_helo_required", "soft_bounce", "smtpd_reject_unlisted_sender",
    "smtpd_reject_unlisted_recipient", "smtpd_relay_before_recipient_restrictions", "disable_vrfy_command",
    "strict_rfc821_envelopes", "allow_untrusted_routing", "smtpd_restriction_classes",
    "smtpd_null_access_lookup_key", "parent_domain_matches_subdomains",
)  # fmt: skip
"""What governs the lists as a whole."""

CODES = (
    "reject_code", "defer_code", "access_map_reject_code", "access_map_defer_code",
    "relay_domains_reject_code",
    "maps_rbl_reject_code", "unknown_client_reject_code", "invalid_hostname_reject_code",
    "non_fqdn_reject_code", "unknown_hostname_reject_code", "unknown_address_reject_code",
    "unknown_local_recipient_reject_code", "unknown_virtual_alias_reject_code",
    "unknown_virtual_mailbox_reject_code", "unknown_relay_recipient_reject_code",
    "multi_recipient_bounce_reject_code", "plaintext_reject_code", "default_rbl_reply", "rbl_reply_maps",
)  # fmt: skip
"""What refusals are answered with."""

VERIFICATION = (
    "unverified_sender_reject_code", "unverified_sender_defer_code", "unverified_sender_reject_reason",
    "unverified_sender_tempfail_action", "unverified_recipient_reject_code",
    "unverified_recipient_defer_code", "unverified_recipient_reject_reason",
    "unverified_recipient_tempfail_action",
)  # fmt: skip
"""What probes of addresses are answered with; all of address_verify_* come behind."""


def chain_settings(instance: Instance) -> list[SettingRow]:
    """The settings beside the chains, those that this Postfix knows, in groups. Raises ParameterError."""
    known = set(instance.parameters.names())
    verify = sorted(name for name in known if name.startswith("address_verify_"))
    names = [name for name in (*SWITCHES, *CODES, *VERIFICATION, *verify) if name in known]
    return [_row(instance, name) for name in names]


def _row(instance: Instance, name: str) -> SettingRow:
    view = instance.parameters.view(name)
    notes = [view.problem] if view.problem else []
    if view.effective is not None:
        notes += _notes(instance, name, view.effective)
    if view.overridden_by:
        notes.append(f"{', '.join(view.overridden_by)} has another value of its own")
    note = " ".join(text if text.endswith(".") else f"{text}." for text in notes)
    return SettingRow(
        name, view.value, view.effective, view.default, view.explicit, view.file, view.line, note
    )


def _notes(instance: Instance, name: str, value: str) -> list[str]:
    found = _NOTES.get(name)
    notes = list(found(instance, value)) if found is not None else []
    default = instance.parameters.default(name) or ""
    if name.endswith("_code") and value.isdigit():
        notes += _code(name, int(value), default)
    return notes


def _code(name: str, code: int, default: str) -> Iterator[str]:
    if not 400 <= code <= 599:
        yield "a reply code is 4xx (come back later) or 5xx (for good)"
    elif default.isdigit() and int(default) // 100 != code // 100:
        mild = code < 500
        yield (
            "softer than usual: senders try again for days"
            if mild
            else (f"harder than usual ({default}): {_hard(name)}")
        )


def _hard(name: str) -> str:
    if name.startswith(("unknown_client", "unknown_address", "unknown_hostname")):
        return "a passing fault of the DNS is still answered with 450"
    return "mail is returned at once"


def _effective(instance: Instance, name: str) -> str:
    try:
        return instance.parameters.effective(name)
    except ParameterError:  # its own row tells of it
        return ""


def _on(value: str) -> bool:
    return value.lower() == "yes"


def _delay(_instance: Instance, value: str) -> Iterator[str]:
    if _on(value):
        yield "the client, helo and sender lists are asked at RCPT TO, so that the log names the recipient"
    else:
        yield "each list is asked at its own command: rules that need later ones have no effect there"


def _helo(instance: Instance, value: str) -> Iterator[str]:
    if not _on(value) and _effective(instance, "smtpd_helo_restrictions"):
        yield "a client that says no HELO skips smtpd_helo_restrictions"


def _soft(_instance: Instance, value: str) -> Iterator[str]:
    if _on(value):
        yield "every refusal is a temporary one, and mail that cannot be delivered waits: for trials only"


def _unlisted(_instance: Instance, value: str) -> Iterator[str]:
    if not _on(value):
        yield "mail for users who do not exist is taken, and bounced later to forged senders (backscatter)"


def _order(_instance: Instance, value: str) -> Iterator[str]:
    if not _on(value):
        yield "the recipient list is asked before the relay list, as before Postfix 3.6"


def _vrfy(_instance: Instance, value: str) -> Iterator[str]:
    if not _on(value):
        yield "strangers may ask by VRFY which addresses exist"


def _routing(_instance: Instance, value: str) -> Iterator[str]:
    if _on(value):
        yield "user%elsewhere@here is relayed: an open relay behind a backup MX"


def _classes(instance: Instance, value: str) -> Iterator[str]:
    for name in split_list(value):
        if not _effective(instance, name):
            yield f"{safe(name)} has no definition: smtpd stops"


def _sender_probes(_instance: Instance, value: str) -> Iterator[str]:
    if value in {"", "<>"}:
        yield "probes come from <>, which some servers refuse"


def _map(_instance: Instance, value: str) -> Iterator[str]:
    if not value:
        yield "results of probes are forgotten with each restart"


_NOTES: dict[str, Callable[[Instance, str], Iterator[str]]] = {
    "smtpd_delay_reject": _delay,
    "smtpd_helo_required": _helo,
    "soft_bounce": _soft,
    "smtpd_reject_unlisted_recipient": _unlisted,
    "smtpd_relay_before_recipient_restrictions": _order,
    "disable_vrfy_command": _vrfy,
    "allow_untrusted_routing": _routing,
    "smtpd_restriction_classes": _classes,
    "address_verify_sender": _sender_probes,
    "address_verify_map": _map,
}
