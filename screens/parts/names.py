"""The screens by name: their keys, words and tabs. Free of Textual, `dataclasses` and `typing`,
so that the first paint does not wait for them.

name = BY_MODE["aliases"]; name.title == "Aliases"; tab_line("aliases", 80)
"""

from __future__ import annotations

from mailtui.text.safe import safe


class ScreenName:
    """One screen: `mode` is its word, `key` its digit, `tab` its word at 80 columns, `short` at 60, `words`
    what else `:` understands, `holds` what it shows, in one sentence."""

    __slots__ = ("holds", "key", "mode", "short", "tab", "title", "words")

    def __init__(
        self, key: str, mode: str, title: str, tab: str, short: str, words: tuple[str, ...], holds: str
    ) -> None:
        self.key, self.mode, self.title, self.tab, self.short = key, mode, title, tab, short
        self.words, self.holds = words, holds


SCREENS: tuple[ScreenName, ...] = (
    ScreenName(
        "1", "overview", "Overview", "Overview", "Over", ("home",),
        "Whether mail flows, what waits, what is wrong and where to go to mend it.",
    ),
    ScreenName(
        "2", "domains", "Domains", "Domains", "Dom", ("domain", "dns"),
        "Every domain this server takes mail for, its class, and what the world sees of it in DNS.",
    ),
    ScreenName(
        "3", "aliases", "Aliases", "Aliases", "Ali", ("alias",),
        "Every address that leads elsewhere, from all alias tables in one list.",
    ),
    ScreenName(
        "4", "mailboxes", "Mailboxes", "Mailbox", "Mbox", ("mailbox", "boxes"),
        "The mailboxes of this server: where each lies, who owns it and how full it is.",
    ),
    ScreenName(
        "5", "restrictions", "Restrictions", "Rules", "Rule", ("rules", "restriction", "rule"),
        "Who may send what: the rules of every stage of a session, in the order Postfix asks them.",
    ),
    ScreenName(
        "6", "milters", "Milters", "Milters", "Milt", ("milter", "chain"),
        "The milters in their order, where each listens and whether it answers; beside it keys and files.",
    ),
    ScreenName(
        "7", "auth", "Auth", "Auth", "Auth", ("sasl", "accounts", "tls"),
        "Who may log in to send mail: SASL accounts, realms, and the certificates in use.",
    ),
    ScreenName(
        "8", "log", "Log", "Log", "Log", ("logs",),
        "The mail log as it grows, with a filter, and the whole way of one message.",
    ),
    ScreenName(
        "9", "queue", "Queue", "Queue", "Que", ("mailq",),
        "The messages that wait, grouped by sender, client or reason, and what can be done with them.",
    ),
    ScreenName(
        "0", "parameters", "Parameters", "Param", "Par", ("parameter", "param", "main"),
        "Every parameter of main.cf and service of master.cf: its value, its default, who overrides it.",
    ),
)  # fmt: skip
"""The ten screens in the order of their keys."""

BESIDE: tuple[ScreenName, ...] = (
    ScreenName(
        "6", "dkimkeys", "DKIM keys", "Keys", "Keys", ("keys", "dkim"),
        "The DKIM keys: whose mail each signs, whether DNS has it, and the next step of its life.",
    ),
    ScreenName(
        "6", "filterfiles", "Filter files", "Files", "File", ("files",),
        "The filter programs' own files: every keyword with its meaning, and what a change needs.",
    ),
    ScreenName(
        "7", "authservices", "Auth services", "Auth", "Auth", ("authserv", "asrv", "submission"),
        "What each smtpd service does with AUTH, under which TLS, and what who logged in may do.",
    ),
    ScreenName(
        "7", "authclient", "Auth client", "Auth", "Auth", ("authcli", "acli", "relayhost", "client"),
        "Where this server logs in itself to hand mail on: the relayhost's credentials, masked.",
    ),
    ScreenName(
        "0", "services", "Services", "Serv", "Srv", ("service", "master"),
        "Every service of master.cf with its overrides, beside the parameters.",
    ),
)  # fmt: skip
"""Screens that share the key of another: Tab leads to them from there."""

VIEWS: tuple[ScreenName, ...] = (
    ScreenName(
        "b", "basesettings", "Base settings", "Base", "Base", ("base",),
        "The settings that every domain depends on: what holds, where it stands, what to know of it.",
    ),
    ScreenName(
        "b", "switches", "Switches", "Switches", "Swi", (),
        "The settings that govern the restrictions: when answers are given, codes, classes, verification.",
    ),
    ScreenName(
        "", "instances", "Instances", "Instances", "Inst", ("instance", "inst"),
        "The Postfix instances of this host: whether each runs, what is kept staged there, to open one.",
    ),
    ScreenName(
        "", "migrate", "Map types", "Maptypes", "Maps", ("migration", "maptypes"),
        "The tables of type hash and btree, and the move to lmdb or cdb as one change.",
    ),
    ScreenName(
        "", "leave", "Someone leaves", "Leave", "Leave", ("leaves", "leaver"),
        "Somebody leaves: every place of an address, and what becomes of each, as one change.",
    ),
    ScreenName(
        "", "import", "Import", "Import", "Import", (),
        "What each row of a CSV or JSON file would do, before anything is staged.",
    ),
    ScreenName(
        "f", "findings", "Findings", "Findings", "Find", ("finding", "doctor"),
        "What is wrong or doubtful on this server, the worst first, each with the edit that mends it.",
    ),
    ScreenName(
        "w", "review", "Review", "Review", "Rev", ("write",),
        "The staged changes as a diff and a plan, before anything is written.",
    ),
    ScreenName(
        "H", "history", "History", "History", "Hist", (),
        "Every change that was written here, by whom and when, each with its undo.",
    ),
    ScreenName(
        "", "settings", "Settings", "Settings", "Set", ("setting", "config", "keymap"),
        "mailtui's own settings and keys: what holds, from which file, and what each means.",
    ),
)  # fmt: skip
"""Views that open over a screen."""

MODES: tuple[ScreenName, ...] = (*SCREENS, *BESIDE)
"""What the line of screens leads to; all else opens over one of them."""

BY_MODE: dict[str, ScreenName] = {name.mode: name for name in (*MODES, *VIEWS)}


def named(word: str) -> ScreenName | None:
    """The screen that a word names exactly, long or short, in any case."""
    word = word.lower()
    for name in (*MODES, *VIEWS):
        if word in (name.mode, name.tab.lower(), name.short.lower(), *name.words):
            return name
    return None


def _line(labels: list[str], current: int, gap: int = 1) -> str:
    """Labels with blanks between, the current one in brackets that take blanks' places."""
    text = " "
    for index, label in enumerate(labels):
        if index == current:
            text = f"{text[:-1]}[{label}]" + " " * (gap - 1)
        else:
            text += label + " " * gap
    return text.rstrip()


def tab_line(mode: str, width: int) -> str:
    """The line of screens for `width` columns: the longest form that fits, the current one in brackets."""
    here = BY_MODE.get(mode)
    names = [here if here is not None and here.key == name.key else name for name in SCREENS]
    current = next((i for i, name in enumerate(names) if name is here), -1)
    title = names[current].tab if current >= 0 else ""
    forms = (
        [f"{name.key} {name.title}" for name in names],
        [f"{name.key}{name.tab}" for name in names],
        [f"{name.key}{name.tab if i == current else name.short}" for i, name in enumerate(names)],
        [f"{name.key}{name.short}" for name in names],
        [f"{name.key}{title}" if i == current else name.key for i, name in enumerate(names)],
    )
    for place, labels in enumerate(forms):
        line = _line(labels, current, gap=1 if place else 2)
        if len(line) <= width:
            return line
    return line[:width]


def status_text(host: str, config_dir: str) -> str:
    """The left part of the status line."""
    return "  ".join([" mailtui", *(safe(word) for word in (host, config_dir) if word)])
