"""What Debian's `dpkg-reconfigure postfix` does to settings (its config and postinst scripts), and how an
admin's own values and its answers stay together."""

from __future__ import annotations

import re

from mailtui.postfix.instance import Instance
from mailtui.postfix.lookups import split_list
from mailtui.text.safe import decode, safe

CONFIG_DIR = "/etc/postfix"
"""The only instance that the package's scripts know."""
SCRIPT = "/var/lib/dpkg/info/postfix.config"
ANSWERS = "/var/cache/debconf/config.dat"

_ANSWERED = {
    "relayhost": "relayhost",
    "recipient_delimiter": "recipient_delim",
    "mailbox_size_limit": "mailbox_limit",
    "myorigin": "mailname",
}
"""Settings that are written from debconf's own answers, whatever main.cf says."""
_TAKEN_OVER = ("mydestination", "mynetworks", "inet_protocols")
"""Settings whose value in force is what debconf shows as its answer, and writes back."""
_BY_TYPE = ("inet_interfaces", "default_transport", "relay_transport")
"""Settings that follow from the answer to the type of mail configuration."""

KEEP = "answer “No configuration” to its first question, and it leaves main.cf alone"


def debconf_note(instance: Instance, name: str, effective: str) -> str:
    """What dpkg-reconfigure would do to a setting and how to keep both; empty where it has no part in it."""
    if instance.config_dir != CONFIG_DIR or instance.files.stamp(SCRIPT) is None:
        return ""
    if name in _BY_TYPE:
        return f"`dpkg-reconfigure postfix` sets it by the type of mail configuration chosen there; {KEEP}"
    if name in _TAKEN_OVER:
        written = instance.parameters.get(name) or ""
        lost = " with its $ expanded" if "$" in written else ""
        return (
            f"`dpkg-reconfigure postfix` shows this value and writes it back on one line{lost}: {KEEP}, "
            "or give the "
            "same answer"
        )
    if name not in _ANSWERED:
        return ""
    question = _ANSWERED[name]
    answer = answers(instance).get(question)
    if name == "myorigin":
        return (
            "`dpkg-reconfigure postfix` asks for the system mail name, writes it to /etc/mailname and "
            "sets myorigin to "
            f"that file; {KEEP}"
        )
    if answer is None or answer == effective or split_list(answer) == split_list(effective) != []:
        return f"`dpkg-reconfigure postfix` asks for it; {KEEP}, or give the same answer"
    value = f"`{safe(answer)}`" if answer else "nothing"
    return (
        f"debconf's answer is {value}, which `dpkg-reconfigure postfix` writes over this one: "
        f"`echo postfix postfix/{question} string {safe(effective)} | debconf-set-selections` makes "
        "both the same, "
        f"or {KEEP}"
    )


_ANSWER = (
    rb"^Name: %b/(?P<question>\S+)\n(?:(?!Value:|Name:).+\n)*?Value:(?P<value>.*)$"  # up to the next question
)


def answers(instance: Instance, package: str = "postfix") -> dict[str, str]:
    """The answers that debconf keeps for a package, by question; none where they cannot be read."""
    try:
        raw = instance.files.raw(ANSWERS)
    except OSError:
        return {}
    pattern = re.compile(_ANSWER % re.escape(package).encode(), re.MULTILINE)
    return {decode(found["question"]): decode(found["value"]).strip() for found in pattern.finditer(raw)}
