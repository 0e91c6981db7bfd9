"""Every setting in words: the one source of the settings screen, of what is said of a wrong file, and of the
manual. The defaults are those of `Settings`.

    for setting in SETTINGS: setting.name, setting.kind.words, setting.help
"""

from __future__ import annotations

from typing import NamedTuple

from mailtui.screennames import SCREENS
from mailtui.settingskinds import (
    ADDRESSES,
    INSTANCES,
    KEYMAP,
    LOG,
    PROGRAM,
    SILENCES,
    YES,
    Kind,
    choice,
    number,
)


class Setting(NamedTuple):
    """`name`: its key in the files; `help`: one line; `more`: what else is to be known; `unit`: what a number
    counts; `at_once`: whether a console that runs takes it over; `attribute`: its name in `Settings`, where
    that is another."""

    name: str
    kind: Kind
    help: str
    more: str = ""
    unit: str = ""
    at_once: bool = True
    attribute: str = ""

    @property
    def field(self) -> str:
        """The attribute of `Settings` that holds it."""
        return self.attribute or self.name


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "start", choice(*((name, "") for name in SCREENS)), "The screen on which the console opens.",
        at_once=False,
    ),
    Setting(
        "log", LOG, 'The mail log: a file, "journal", or "auto" for the one that Postfix or syslog names.',
        at_once=False,
    ),
    Setting(
        "color",
        choice(
            ("auto", "as the terminal and NO_COLOR say"), ("truecolor", "all colours"),
            ("256", "the colours of xterm-256color"), ("16", "the terminal's own sixteen colours"),
            ("none", "no colour: bold, underlined and reversed text only"),
        ),
        "How many colours the console uses.", "State is always told by a letter or a word as well.",
        at_once=False,
    ),
    Setting(
        "background",
        choice(
            ("auto", "as the terminal says, where it does"), ("dark", "bright text on a dark ground"),
            ("light", "dark text on a bright ground"),
        ),
        "Whether the console's colours are made for a dark or a light ground.", at_once=False,
    ),
    Setting(
        "ascii", YES, "Draw with plain letters: no lines, arrows or dots beyond ASCII.",
        "On by itself where TERM is linux or vt…, or the locale is not UTF-8.", at_once=False,
    ),
    Setting(
        "mouse", YES, "Take the mouse from the terminal.",
        "Unset: yes, but not over SSH, where selecting text is worth more than clicking.", at_once=False,
    ),
    Setting(
        "plain", YES, "For screen readers and braille lines: no drawing around the text.",
        at_once=False,
    ),
    Setting(
        "ask_write",
        choice(
            ("never", "the Review writes at once"),
            ("risky", "the host's name is typed where the change removes something or restarts Postfix"),
            ("always", "the host's name is typed before every write"),
        ),
        "Whether the Review asks for the host's name before it writes.",
        "Checks that failed hold a write up in any case.",
    ),
    Setting(
        "write_delay", number(0.5, 10), "For how long the Review takes no key after it was drawn.",
        "So that no key that was typed ahead writes anything.", "seconds",
    ),
    Setting(
        "ask_quit",
        choice(("staged", "only while changes are staged"), ("always", "also where nothing is staged")),
        "When q asks before the console ends.",
    ),
    Setting(
        "rehearsal", YES, "Try a new main.cf or master.cf in a copy of the server before it is written.",
        "A rehearsal that fails holds the write up.",
    ),
    Setting(
        "after_write", PROGRAM, "A program that runs after each write, with its arguments.",
        'As ["etckeeper", "commit", "a change by mailtui"].',
    ),
    Setting(
        "nameservers", ADDRESSES, "Whom to ask about domains; empty: the servers of /etc/resolv.conf.",
        'As ["192.0.2.53", "[2001:db8::53]:5353"].',
    ),
    Setting("dns_timeout", number(), "How long one question to DNS may take.", unit="seconds"),
    Setting(
        "dns_rate", number(), "How many questions go to DNS in a second, where many domains are looked at.",
        unit="questions a second",
    ),
    Setting(
        "dkim_grace", number(),
        "How long an old DKIM key stays published after another took over.", unit="days",
    ),
    Setting("dkim_age", number(), "The age from which a DKIM key is called old.", unit="days"),
    Setting(
        "certificate_days", number(), "How long before its end a certificate is told of.",
        "certbot renews at 30 days: what is not renewed by then will not be by itself.", "days",
    ),
    Setting(
        "instance", INSTANCES, "A Postfix instance to choose at start and by the palette.",
        "Each has a name, its configuration folder and perhaps a log of its own.", attribute="instances",
    ),
    Setting(
        "silence", SILENCES, "A finding that is known and need not be told again, with the reason.",
        "The findings view silences one.",
    ),
    Setting(
        "keymap", KEYMAP, 'Other keys for actions, by their ids: "aliases.new" = "N", or a list of keys.',
        "The settings screen lists every action with its id. The letters and numbers that answer a question"
        " stay as they are.",
    ),
)  # fmt: skip
"""In the order in which they are shown."""

BY_NAME = {setting.name: setting for setting in SETTINGS}
