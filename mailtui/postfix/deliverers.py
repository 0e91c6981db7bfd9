"""Programs and transports to which Postfix hands mail, in words: what is known of them beyond their name."""

from __future__ import annotations

import os
import shlex

from mailtui.text.safe import safe

_PROGRAMS = {
    "procmail": "its recipes (~/.procmailrc, /etc/procmailrc) say into which mailbox",
    "maildrop": "its filter (~/.mailfilter, /etc/maildroprc) says into which mailbox",
    "dovecot-lda": "Dovecot says into which mailbox; Sieve scripts may sort, forward or reject it",
    "deliver": "Dovecot says into which mailbox; Sieve scripts may sort, forward or reject it",
    "cyrdeliver": "Cyrus says into which mailbox; Sieve scripts may sort, forward or reject it",
}
_LMTP = "the server there says into which mailbox; Sieve scripts may sort, forward or reject it"


def of_command(command: str) -> str:
    """A mailbox_command in words: `piped to procmail: its recipes …`."""
    try:
        words = shlex.split(command)
    except ValueError:
        words = command.split()
    name = os.path.basename(words[0]) if words else ""
    known = _PROGRAMS.get(name)
    return f"piped to {safe(name)}: {known}" if known else f"piped to {safe(command)}"


def of_transport(transport: str) -> str:
    """A transport in words: `handed to lmtp:unix:private/dovecot-lmtp: …`."""
    name = transport.partition(":")[0]
    if name == "lmtp" or "lmtp" in transport or name in {"dovecot", "cyrus"}:
        return f"handed to {safe(transport)}: {_LMTP}"
    return f"handed to {safe(transport)}"
