"""`$name` and its conditional forms, expanded as Postfix does when it reads main.cf.

The rules are those of postconf(5) and of `mac_parse`/`mac_expand` in Postfix 3.7; what they call a
fatal "macro processing error" is a MacroError here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

Lookup = Callable[[str], str | None]
"""The value of a parameter as written (not expanded), None where there is none of that name."""

NESTING_LIMIT: Final = 100
"""How deep one value may refer to another (Postfix: "unreasonable macro call nesting")."""

TOTAL_NESTING_LIMIT: Final = 120
"""The same with the operands of conditions counted in, where Postfix itself has no limit and crashes."""

WORK_LIMIT: Final = 100_000
"""References followed for one value before it is called endless."""

_BLANKS: Final = " \t\n\v\f\r"
_NAME: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_")
_LETTERS_AND_DIGITS: Final = _NAME - {"_"}
_DIGITS: Final = frozenset("0123456789")
_OPERATOR_CHARACTERS: Final = frozenset("<>!=?+-*/~&|%")
_CLOSE: Final = {"(": ")", "{": "}"}
_LONG_MAX: Final = 2**63 - 1

_OPERATORS: Final[dict[str, Callable[[int], bool]]] = {
    "==": lambda order: order == 0,
    "!=": lambda order: order != 0,
    "<": lambda order: order < 0,
    "<=": lambda order: order <= 0,
    ">=": lambda order: order >= 0,
    ">": lambda order: order > 0,
}


class MacroError(ValueError):
    """A value that no Postfix program can expand: each that reads it stops with a fatal error."""


def _skip_blanks(text: str, at: int) -> int:
    while at < len(text) and text[at] in _BLANKS:
        at += 1
    return at


def _run(text: str, at: int, allowed: frozenset[str]) -> int:
    while at < len(text) and text[at] in allowed:
        at += 1
    return at


def _braced(text: str, at: int) -> tuple[str, int]:
    """The text within the `{…}` that opens at `at`, and the offset after it and the blanks behind it."""
    depth = 0
    for end in range(at, len(text)):
        if text[end] == "{":
            depth += 1
        elif text[end] == "}":
            depth -= 1
            if depth == 0:
                return text[at + 1 : end], _skip_blanks(text, end + 1)
    raise MacroError(f"the {{ is not closed in “{text[at:]}”")


def _long(text: str) -> int:
    number = int(text)
    if number > _LONG_MAX:
        raise MacroError(f"the number {text} is too large")
    return number


def _sign(left: bytes | tuple[int, ...], right: bytes | tuple[int, ...]) -> int:
    if left == right:
        return 0
    return -1 if tuple(left) < tuple(right) else 1


def _compare(left: str, right: str) -> int:
    """Below, at or above 0: by number where both are all digits, else bytewise."""
    if left and right and _DIGITS.issuperset(left) and _DIGITS.issuperset(right):
        return _sign((_long(left),), (_long(right),))
    return _sign(left.encode("utf-8", "surrogateescape"), right.encode("utf-8", "surrogateescape"))


def level(text: str) -> tuple[int, int, int]:
    """A compatibility level `major[.minor[.patch]]` in a form that compares (3.10 is above 3.9).

    Raises MacroError for what Postfix calls malformed.
    """
    wrong = MacroError(f"malformed compatibility level “{text}”")
    parts = text.split(".")
    if len(parts) > 3:
        raise wrong
    numbers: list[int] = []
    for part, top in zip(parts, (_LONG_MAX >> 20, 1023, 1023), strict=False):
        digits = part.lstrip(_BLANKS)
        digits = digits[1:] if digits[:1] in ("+", "-") else digits
        if not digits or not _DIGITS.issuperset(digits):
            raise wrong
        number = int(part.strip(_BLANKS))
        if not 0 <= number <= top:
            raise wrong
        numbers.append(number)
    major, minor, patch = (*numbers, 0, 0)[:3]
    return major, minor, patch


@dataclass(slots=True)
class _Expansion:
    lookup: Lookup
    parts: list[str] = field(default_factory=list)
    work: int = 0

    def parse(self, text: str, depth: int, total: int) -> None:
        """Split into plain text and references (`mac_parse`); `depth` counts references within references."""
        at = 0
        while at < len(text):
            dollar = text.find("$", at)
            if dollar < 0:
                self._literal(text[at:], depth)
                return
            if text.startswith("$$", dollar):
                self._literal(text[at : dollar + 1], depth)
                at = dollar + 2
                continue
            if dollar > at:
                self._literal(text[at:dollar], depth)
            expression, at = self._reference(text, dollar + 1)
            self._nest(expression, depth, total)
            self.expression(expression, depth, total)

    def _literal(self, text: str, depth: int) -> None:
        if depth > NESTING_LIMIT:
            raise MacroError(f"“{text}” is nested too deep: parameters refer to each other in a circle")
        self.parts.append(text)

    def _nest(self, expression: str, depth: int, total: int) -> None:
        self.work += 1
        if depth > NESTING_LIMIT or total > TOTAL_NESTING_LIMIT or self.work > WORK_LIMIT:
            raise MacroError(
                f"${{{expression}}} is nested too deep: parameters refer to each other in a circle"
            )

    @staticmethod
    def _reference(text: str, at: int) -> tuple[str, int]:
        """What follows a `$`: the name, or what stands in `{…}` or `(…)`; and the offset after it."""
        opening = text[at : at + 1]
        if opening not in ("(", "{"):
            end = _run(text, at, _NAME)
            inner = text[at:end]
        else:
            depth, end = 1, at + 1
            while depth:
                if end == len(text):
                    raise MacroError(f"${opening} is not closed in “{text}”")
                depth += (text[end] == opening) - (text[end] == _CLOSE[opening])
                end += 1
            inner = text[at + 1 : end - 1]
        if not inner:
            raise MacroError(f"no parameter name after $ in “{text}”; a plain dollar sign is written $$")
        return inner, end

    def expression(self, text: str, depth: int, total: int) -> None:
        """One reference without its `$` and braces (`mac_expand_callback`)."""
        at = _skip_blanks(text, 0)
        value: str | None
        if text.startswith("{", at):
            value, at = self._condition(text, at, total)
            operator = text[at : at + 1]
            if operator not in ("", "?", ":"):
                raise MacroError(f"“?” or “:” expected at “{text[at:]}”")
            at += 1
        else:
            value, operator, at = self._named(text, at)
        if not operator:
            if value:
                self.parse(value, depth + 1, total + 1)
            return
        self._choose(text, at, operator, bool(value), depth, total)

    def _named(self, text: str, start: int) -> tuple[str | None, str, int]:
        """The value of the name at `start`, the operator behind it or "", the offset of its operand."""
        end = _run(text, start, _NAME)
        at = _skip_blanks(text, end)
        operator = text[at : at + 1]
        if operator not in ("", "?", ":"):
            raise MacroError(f"“{text[start:]}” is no parameter name: “{text[end:]}” cannot stand in one")
        return self.lookup(text[start:end]), operator, at + 1

    def _choose(self, text: str, at: int, operator: str, holds: bool, depth: int, total: int) -> None:
        if operator == "?":
            operand, at = self._operand(text, at)
            if holds:
                self.parse(operand, depth + 1, total + 1)
            if at == len(text):
                return
            if text[at] != ":":
                raise MacroError(f"“:” expected at “{text[at:]}”")
            at += 1
        operand, at = self._operand(text, at)
        if not holds:
            self.parse(operand, depth + 1, total + 1)
        if at < len(text):
            raise MacroError(f"unexpected “{text[at:]}” at the end of “{text}”")

    @staticmethod
    def _operand(text: str, at: int) -> tuple[str, int]:
        """`{text}`, or all that is left: an operand without braces is raw to the end."""
        brace = _skip_blanks(text, at)
        if text.startswith("{", brace):
            return _braced(text, brace)
        return text[at:], len(text)

    def _condition(self, text: str, at: int, total: int) -> tuple[str, int]:
        """`{left} OP {right}`: "true" or nothing, and the offset after it."""
        left, at = _braced(text, at)
        end = _run(text, at, _OPERATOR_CHARACTERS)
        test = _OPERATORS.get(text[at:end])
        if test is None:
            raise MacroError(f"one of {' '.join(_OPERATORS)} expected at “{text[at:]}”")
        suffix_end = _run(text, end, _LETTERS_AND_DIGITS)
        suffix = text[end:suffix_end]
        if suffix not in ("", "level"):
            raise MacroError(f"unknown operator “{text[at:suffix_end]}”")
        brace = _skip_blanks(text, suffix_end)
        if not text.startswith("{", brace):
            raise MacroError(f"“{{” expected at “{text[brace:]}”")
        right, after = _braced(text, brace)
        left, right = self._operand_value(left, total), self._operand_value(right, total)
        order = _sign(level(left), level(right)) if suffix else _compare(left, right)
        return ("true" if test(order) else ""), after

    def _operand_value(self, text: str, total: int) -> str:
        inner = _Expansion(self.lookup, work=self.work)
        inner.parse(text, 0, total + 1)
        self.work = inner.work
        return "".join(inner.parts)


def expand(value: str, lookup: Lookup) -> str:
    """`value` with every reference replaced by what it stands for; equals `postconf -x`.

    `lookup` gives values as written; they are expanded here in turn. A name without a value is empty.
    Raises MacroError where Postfix would stop with "macro processing error".
    """
    expansion = _Expansion(lookup)
    expansion.parse(value, 0, 0)
    return "".join(expansion.parts)
