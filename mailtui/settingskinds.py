"""What a setting may be: how the value of a file is taken, and what is said of a wrong one.

    YES.take(True); Choice(("auto", "…"), …).take("auto"); Number("days").take(7)

`take` raises TypeError, whose text ends the sentence "log: must be …". Free of tomlkit and Textual.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

_NUMBERS = 1e6


class Kind:
    """One kind of value. `words`: what it must be; `choices`: the values there are with what each means,
    none where any may be written."""

    def __init__(
        self,
        words: str,
        take: Callable[[Any], Any],
        choices: Sequence[tuple[str, str]] = (),
        shape: str = "line",
    ) -> None:
        self.words, self.choices, self.shape = words, tuple(choices), shape
        """`shape`: `line`, `list` (of texts), `choice`, `yes`, `number` or `tables`: how it is edited."""
        self._take = take

    def take(self, value: Any) -> Any:
        """The value as `Settings` holds it. Raises TypeError with what it must be."""
        try:
            return self._take(value)
        except (TypeError, ValueError, AttributeError) as error:
            raise TypeError(str(error) if isinstance(error, Must) else self.words) from None


class Must(TypeError):
    """What a value must be, said more closely than its kind does."""


def _yes(value: Any) -> bool:
    if not isinstance(value, bool):
        raise TypeError
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or "\n" in value:
        raise TypeError
    return value


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise TypeError
    return tuple(value)


def _addresses(value: Any) -> tuple[str, ...]:
    from mailtui.text.endpoint import address_and_port

    for each in _texts(value):
        address_and_port(each)
    return tuple(value)


YES = Kind("true or false", _yes, shape="yes")
LOG = Kind('a text in quotes: a file, "journal" or "auto"', _text)
PROGRAM = Kind("a list of texts: a program and its arguments", _texts, shape="list")
ADDRESSES = Kind('a list of addresses, as ["192.0.2.53"]', _addresses, shape="list")


def choice(*choices: tuple[str, str]) -> Kind:
    """One of several words, each with a sentence on what it means."""
    words = [word for word, _ in choices]

    def take(value: Any) -> str:
        if value not in words:
            raise TypeError
        return str(value)

    return Kind(f"one of {', '.join(words)}", take, choices, shape="choice")


def number(least: float = 0.0, most: float = _NUMBERS) -> Kind:
    """A number above 0, or one from `least` to `most`."""
    words = f"a number from {least:g} to {most:g}" if least else "a number above 0"

    def take(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise TypeError
        if not least and value > most:
            raise Must(f"{words} and at most {most:,.0f}")
        if not (least or 1e-9) <= value <= most:
            raise TypeError
        return float(value)

    return Kind(words, take, shape="number")


def _tables(*names: str, needed: Sequence[str]) -> Callable[[Any], tuple[tuple[str, ...], ...]]:
    def take(value: Any) -> tuple[tuple[str, ...], ...]:
        if not isinstance(value, list):
            raise TypeError
        found = []
        for each in value:
            if not isinstance(each, dict) or not set(each) <= set(names):
                raise TypeError
            texts = tuple(each.get(name, "") for name in names)
            said = {name for name, text in zip(names, texts, strict=True) if _is_text(text)}
            if not set(needed) <= said or not all(isinstance(text, str) for text in texts):
                raise TypeError
            found.append(texts)
        return tuple(found)

    return take


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _instances(value: Any) -> tuple[tuple[str, ...], ...]:
    found = _tables("name", "config_dir", "log", needed=("name", "config_dir"))(value)
    names = [name for name, *_ in found]
    if len(set(names)) < len(names):
        raise Must("[[instance]] tables, each with a name of its own")
    if not all(folder.startswith("/") for _, folder, _ in found):
        raise Must("[[instance]] tables whose config_dir begins with /")
    return found


SILENCES = Kind(
    "[[silence]] tables, each with finding, reason and perhaps title, all texts",
    _tables("finding", "title", "reason", needed=("finding", "reason")),
    shape="tables",
)
INSTANCES = Kind(
    "[[instance]] tables, each with name, config_dir and perhaps log, all texts", _instances, shape="tables"
)

# The key map

MODIFIERS = ("ctrl", "alt", "shift")
NAMED = frozenset(
    (
        "enter", "escape", "tab", "space", "backspace", "delete", "insert", "home", "end", "pageup",
        "pagedown", "up", "down", "left", "right", *(f"f{number}" for number in range(1, 25)),
    )
)  # fmt: skip
SAME = {"ctrl+i": "tab", "ctrl+m": "enter", "ctrl+h": "backspace", "ctrl+[": "escape"}
"""Keys that no terminal tells apart from others."""
_CALLED = {
    "solidus": "slash", "reverse_solidus": "backslash", "commercial_at": "at", "hyphen_minus": "minus",
    "plus_sign": "plus", "low_line": "underscore",
}  # fmt: skip
"""Signs that Textual calls otherwise than Unicode does."""


def sign_name(sign: str) -> str:
    """One printable character as a key, by Textual's name: a letter or digit is its own."""
    if sign.isalnum():
        return sign
    from unicodedata import name

    called = name(sign, sign).lower().replace("-", "_").replace(" ", "_")
    return _CALLED.get(called, called)


def key(text: str) -> str:
    """A key as it is written in a file (`N`, `ctrl+n`, `f5`, `?`), by Textual's name. Raises Must."""
    text = text.strip() or text
    if text == " ":
        return "space"
    if len(text) == 1 and text.isprintable():
        return sign_name(text)
    if text.lower() in SAME:
        raise Must(f"another key than {text}, which no terminal tells apart from {SAME[text.lower()]}")
    *before, last = text.split("+")
    modifiers = [word.lower() for word in before]
    if not all(word in MODIFIERS for word in modifiers) or len(set(modifiers)) < len(modifiers):
        raise Must(f"a key, as N, ctrl+n, f5 or ?; {text!r} is none")
    if len(last) == 1 and last.isprintable():
        if "shift" in modifiers:
            raise Must(f"without shift: {last.upper()} instead of {text}")
        last = last.lower() if last.isalpha() else sign_name(last)
    elif last.lower() in NAMED or last.lower() in _sign_names():
        last = last.lower()
    else:
        raise Must(f"a key, as N, ctrl+n, f5 or ?; {text!r} is none")
    return "+".join((*sorted(modifiers, key=MODIFIERS.index), last))


def written(name: str) -> str:
    """A key by Textual's name as it is written in a file: `?` for `question_mark`."""
    *before, last = name.split("+")
    signs = {sign_name(chr(code)): chr(code) for code in range(33, 127)}
    return "+".join((*before, signs.get(last, last)))


def _sign_names() -> set[str]:
    return {sign_name(chr(code)) for code in range(33, 127) if not chr(code).isalnum()}


def flat(table: dict[str, Any], before: str = "") -> dict[str, Any]:
    """A table of tables (`aliases.new = "N"` without quotes is one) by dotted names."""
    found: dict[str, Any] = {}
    for name, value in table.items():
        if isinstance(value, dict):
            found |= flat(value, f"{before}{name}.")
        else:
            found[f"{before}{name}"] = value
    return found


def keys(value: Any) -> tuple[str, ...]:
    """The keys of one action: a text, or a list of texts. Raises Must."""
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not texts or not all(isinstance(text, str) and text for text in texts):
        raise Must('a key or a list of keys, as "N" or ["N", "f5"]')
    return tuple(dict.fromkeys(key(text) for text in texts))


def _keymap(value: Any) -> tuple[tuple[str, tuple[str, ...]], ...]:
    if not isinstance(value, dict):
        raise TypeError
    return tuple((name, keys(said)) for name, said in flat(value).items())


KEYMAP = Kind("a [keymap] table of actions and keys", _keymap, shape="tables")
