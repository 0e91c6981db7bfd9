"""Writing one restriction list, in main.cf or in a service's `-o`: its layout and its comments survive."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from mailtui.edits import rulerows
from mailtui.formats.commented import continuation
from mailtui.formats.lines import COMMENT
from mailtui.formats.listrows import ListRows
from mailtui.formats.lists import items
from mailtui.formats.maincf import MainCf
from mailtui.formats.mastercf import MasterCf
from mailtui.formats.splice import Refused, Splice, between
from mailtui.postfix.rulelists import WrittenList, WrittenRule, main_list, option_list
from mailtui.postfix.smtpd.chain import parse_rules
from mailtui.text.safe import decode, encode, safe

if TYPE_CHECKING:
    from mailtui.formats.optionlist import OptionRows

Act = Callable[[ListRows], None]


class RuleList:
    """A restriction list in a document. `service`: as `smtp/inet`, empty in main.cf."""

    def __init__(self, document: Any, name: str, service: str) -> None:
        self.document: MainCf | MasterCf = document
        self.name, self.service = name, service

    @property
    def title(self) -> str:
        return f"{self.service} -o {self.name}" if self.service else self.name

    @property
    def _service(self) -> tuple[str, str]:
        name, _, type_ = self.service.rpartition("/")
        return name, type_

    def written(self) -> WrittenList | None:
        """The rules; None where the list is not set here."""
        if isinstance(self.document, MainCf):
            return main_list(self.document, self.name)
        return option_list(self.document, self.service, self.name)

    def over(self, splices: Sequence[Splice]) -> RuleList:
        """The list in the document after a change."""
        document: Any = self.document
        return RuleList(document.spliced(splices), self.name, self.service)

    # The value as a whole

    def set(self, rules: Sequence[str]) -> list[Splice]:
        """Write the whole list: rules with commas between them. For one that is not set."""
        text = encode(", ".join(rules))
        if isinstance(self.document, MainCf):
            return self.document.set(self.name, text)
        return self.document.set_option(*self._service, self.name, text)

    def unset(self) -> list[Splice]:
        """Take the definition out."""
        if isinstance(self.document, MainCf):
            return self.document.unset(self.name)
        return self.document.remove_option(*self._service, self.name)

    # Items

    def edit(self, act: Act, wanted: Sequence[str], *, lines: bool = False) -> list[Splice]:
        """Change the lines by `act`, after which the items are `wanted`; `lines`: it wants lines of its own,
        for a comment. Raises Refused where they cannot be written in the lines there are."""
        tokens = [encode(item) for item in wanted]
        if isinstance(self.document, MainCf):
            from mailtui.formats.mainedit import list_checked

            rows = _with_comments_below(self.document, self.document.place(self.name)[0])
            rulerows.keep_habits(rows)
            act(rows)
            return list_checked(self.document, self.name, rows.splices(), tokens)
        document = self.document
        splices = self._in_its_form(document, act, tokens)
        if splices is None and lines:
            found = self.written()
            assert found is not None  # what is edited is there
            braced = self._braced(document, found)
            inner = self._in_its_form(braced, act, tokens)
            if inner is not None:
                return list(between(document.raw, braced.spliced(inner).raw))
        if splices is not None:
            return splices
        return document.set_option(*self._service, self.name, encode(", ".join(_grouped(tokens))))

    def _in_its_form(self, document: MasterCf, act: Act, tokens: list[bytes]) -> list[Splice] | None:
        """The change in the form that the option has; None where that cannot hold it."""
        try:
            rows = self._option_rows(document)
            rulerows.keep_habits(rows)
            act(rows)
            splices = rows.splices()
            return splices if self._reads(document, splices, tokens) else None
        except (Refused, ValueError, IndexError, StopIteration):
            return None

    def _reads(self, document: MasterCf, splices: Sequence[Splice], tokens: Sequence[bytes]) -> bool:
        """Whether, after the splices, the list holds these items and all else is as it was."""
        after = document.spliced(splices)
        service, now = document.get(*self._service), after.get(*self._service)
        if service is None or now is None:
            return False
        others = [(o.name, o.value) for o in service.options if o.enabled and o.name != self.name]
        new = [(o.name, o.value) for o in now.options if o.enabled and o.name != self.name]
        value = now.values.get(self.name)
        mine = [b.fields == a.fields for b, a in zip(document.services, after.services, strict=False)]
        same = len(document.services) == len(after.services) and all(mine)
        read = document.entries(), after.entries()
        apart = sum(a != b for a, b in zip(*read, strict=False)) <= 1 and len(read[0]) == len(read[1])
        return same and apart and new == others and value is not None and items(value) == list(tokens)

    # Off and on

    def disable(self, rule: WrittenRule) -> list[Splice]:
        """Comment a rule out within its list."""
        first, last = rule.rule.first, rule.rule.last
        if isinstance(self.document, MainCf):
            return self.document.disable_tokens(self.name, first, last)
        found = self.written()
        assert found is not None  # the rule stands in it
        document = self._braced(self.document, found)
        rows = self._option_rows(document)
        low, high = rulerows.isolated(rows, first, last)
        for index in range(low, high + 1):
            row = rows.rows[index]
            row.body = (b"#" if continuation(b"#" + row.body) is not None else b"# ") + row.body
            row.joins = False
        rows.changed()
        splices = list(between(self.document.raw, document.spliced(rows.splices()).raw))
        kept = [encode(item) for item in (*found.items[:first], *found.items[last + 1 :])]
        if not self._reads(self.document, splices, kept):
            raise Refused(f"{safe(rule.text)} cannot be commented out in {self.title}", "take it out instead")
        return splices

    def _option_rows(self, document: MasterCf) -> OptionRows:
        from mailtui.formats.optionlist import OptionRows, option_place

        return OptionRows(option_place(document, *self._service, self.name), document)

    def _braced(self, document: MasterCf, found: WrittenList) -> MasterCf:
        """The document with the `-o` in a form that can hold comments."""
        from mailtui.formats.optionlist import option_place, spread

        if option_place(document, *self._service, self.name).braced:
            return document
        groups = [encode(rule.text) for rule in found.live]
        return document.spliced(spread(document, *self._service, self.name, groups))

    def enable(self, rule: WrittenRule) -> list[Splice]:
        """Bring a commented-out rule back in its place. Raises Refused where its line holds another."""
        if isinstance(self.document, MainCf):
            return self.document.enable_tokens(self.name, rule.rule.first, rule.rule.last)
        from mailtui.formats.mainlist import uncommented

        found = self.written()
        assert found is not None  # the rule stands in it
        if any(each != rule and set(each.rows) & set(rule.rows) for each in found.rules):
            raise Refused("that comment line holds more than this rule", "put them on lines of their own")
        splices = [uncommented(self.document, row) for row in rule.rows]
        wanted = [encode(word) for word in self._in_order(found, rule)]
        if not self._reads(self.document, splices, wanted):
            raise Refused(f"{safe(rule.text)} cannot come back in its place", "add it anew")
        return splices

    def _in_order(self, found: WrittenList, rule: WrittenRule) -> list[str]:
        """The items of the list with this rule in force."""
        words: list[str] = []
        for each in found.rules:
            if each == rule:
                words += [part for part in _items(each.text) if part]
            elif each.enabled:
                words += found.items[each.rule.first : each.rule.last + 1]
        return words

    def strike(self, rule: WrittenRule) -> list[Splice]:
        """Take out the comment lines of a rule that is off. Raises Refused where they hold another."""
        found = self.written()
        assert found is not None  # the rule stands in it
        if any(each != rule and set(each.rows) & set(rule.rows) for each in found.rules):
            raise Refused("that comment line holds more than this rule", "put them on lines of their own")
        starts = self.document.lines.starts
        return [Splice(starts[row], starts[row + 1], b"") for row in rule.rows]


def _items(text: str) -> list[str]:
    return [decode(item) for item in items(encode(text))]


def _grouped(tokens: Sequence[bytes]) -> list[str]:
    """Items as the texts of the rules that they are."""
    return [rule.written for rule in parse_rules([decode(token) for token in tokens], ())]


def _with_comments_below(document: MainCf, first: int) -> ListRows:
    """The lines of a list, and the comments directly below that may tell of a rule that was its last."""
    lines = document.lines
    last = lines.logical(first)[-1]
    while last + 1 < len(lines) and lines.kinds[last + 1] == COMMENT:
        last += 1
    return ListRows(lines, first, last)
