"""What is to be known of each rule: never reached, without effect here, unknown; and who uses a class."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from mailtui.postfix.catalogue import known_at, words_of
from mailtui.postfix.chainread import ServiceLists
from mailtui.postfix.chainrows import Chain, RuleRow, State
from mailtui.postfix.restrictionnames import ARGUMENTS, OLD_NAMES
from mailtui.postfix.smtpd.chain import BUILT_IN

_FINAL = frozenset(("permit", "reject", "defer", "check_relay_domains"))
_SASL = frozenset(
    (
        "permit_sasl_authenticated", "check_sasl_access", "reject_sender_login_mismatch",
        "reject_authenticated_sender_login_mismatch", "reject_unauthenticated_sender_login_mismatch",
        "reject_known_sender_login_mismatch",
    )
)  # fmt: skip
_OWNED = frozenset(("reject_unauthenticated_sender_login_mismatch", "reject_known_sender_login_mismatch"))
_CERTIFICATES = frozenset(("permit_tls_clientcerts", "permit_tls_all_clientcerts", "check_ccert_access"))
_DATA = {
    "client": "the client", "helo": "the HELO name", "sender": "the sender", "recipient": "the recipient",
    "etrn": "a domain of ETRN",
}  # fmt: skip
_DEPTH = 20


class StateFinder:
    """The states of all rows of one service."""

    def __init__(self, lists: ServiceLists, chains: Sequence[Chain]) -> None:
        self.lists = lists
        self.delayed = lists.yes("smtpd_delay_reject")
        self.chains = {chain.stage: chain for chain in chains}

    def with_states(self, chain: Chain) -> Chain:
        """The list with the states of its rows, its notes, and who uses it."""
        rows: list[RuleRow] = []
        ended = ""
        asked: set[str] = set()
        for row in chain.rows:
            states = list(self._states(row, chain.stage))
            if row.enabled and row.kind != "reference":
                if ended:
                    states.insert(0, State("unreachable", f"it stands after {ended}, which decides for all"))
                elif self._decides(row, 0):
                    ended = row.text
                if row.text.lower() in asked and row.kind == "rule":
                    states.append(State("twice", "the same rule stands above"))
                asked.add(row.text.lower())
            rows.append(replace(row, states=tuple(states)))
        used_by = tuple(self._users(chain.stage.removeprefix("class:"))) if _is_class(chain) else ()
        notes = (*chain.notes, *self._notes(chain, used_by))
        return replace(chain, rows=tuple(rows), notes=notes, used_by=used_by)

    # A list as a whole

    def _notes(self, chain: Chain, used_by: Sequence[str]) -> Iterator[str]:
        if chain.stage == "helo" and chain.live and not self.lists.yes("smtpd_helo_required"):
            yield "a client that says no HELO skips this list: smtpd_helo_required is off"
        if _is_class(chain) and not chain.live:
            yield "this class is empty: smtpd stops, and takes no mail"
        if _is_class(chain) and not used_by:
            yield "nothing uses this class"

    def _users(self, name: str) -> Iterator[str]:
        """The lists, and the tables with the lists that ask them, that name a class."""
        for chain in self.chains.values():
            for row in chain.live:
                if name in row.classes:
                    yield chain.title if row.kind == "class" else f"{row.table} ({chain.title})"

    # One rule

    def _decides(self, row: RuleRow, depth: int) -> bool:
        """Whether nothing below can ever be asked: it permits or refuses everybody."""
        name = row.name.lower()
        if row.kind == "class":
            inner = self.chains.get(f"class:{row.name}")
            if inner is None or depth > _DEPTH:
                return False
            return any(self._decides(each, depth + 1) for each in inner.live) and not row.warn_only
        if name == "permit":
            return True
        if name in _FINAL:
            return not row.warn_only
        return not row.warn_only and _catch_all(row)

    def _states(self, row: RuleRow, stage: str) -> Iterator[State]:
        if row.kind == "reference":
            name = row.name.strip("${}()")
            if not self.lists.setting(name):
                yield State("empty", f"{name} is not set: nothing stands here")
            return
        if not row.known:
            yield State("unknown", _unknown(row.name))
            return
        if row.kind == "class" and row.name not in BUILT_IN:
            if not self.lists.setting(row.name):
                yield State("undefined", f"the class {row.name} has no definition: smtpd stops")
            return
        name = row.name.lower()
        if not row.name and not row.argument:
            yield State("no effect", "warn_if_reject softens the rule behind it, and none follows")
            return
        kind = ARGUMENTS.get(name, "")
        if kind not in {"", "rule"} and not row.argument:
            yield State("no argument", f"{row.name} wants more behind it")
        if not row.name and stage in {"data", "end_of_data"}:
            yield State("unknown", "a table here needs the check_…_access that says what to look up: 451")
        if name in OLD_NAMES:
            yield State("old name", f"write {OLD_NAMES[name]}")
        yield from self._no_effect(name, stage)
        yield from _zone(row)

    def _no_effect(self, name: str, stage: str) -> Iterator[State]:
        found = words_of(name)
        if found is None:
            return
        if found.needs not in known_at(stage, delayed=self.delayed) and not stage.startswith("class:"):
            yield State("no effect", self._not_known(found.needs, stage))
        elif found.needs == "recipient" and stage in {"data", "end_of_data"}:
            yield State("sometimes", "only for a message with one recipient: else none is known here")
        if name in _SASL and not self.lists.yes("smtpd_sasl_auth_enable"):
            yield State("no effect", "nobody can log in here: smtpd_sasl_auth_enable is off")
        elif name in _OWNED and not self.lists.setting("smtpd_sender_login_maps"):
            yield State("no effect", "smtpd_sender_login_maps is empty: no sender belongs to anybody")
        if name in _CERTIFICATES and not self._asks_certificates():
            yield State("no effect", "clients are not asked for a certificate: smtpd_tls_ask_ccert is off")
        if name == "permit_tls_clientcerts" and not self.lists.setting("relay_clientcerts"):
            yield State("no effect", "relay_clientcerts is empty: no certificate is known")
        if name == "reject_maps_rbl" and not self.lists.setting("maps_rbl_domains"):
            yield State("no effect", "maps_rbl_domains is empty")

    def _asks_certificates(self) -> bool:
        return self.lists.yes("smtpd_tls_ask_ccert") or self.lists.yes("smtpd_tls_req_ccert")

    def _not_known(self, needs: str, stage: str) -> str:
        what = _DATA[needs]
        if needs == "etrn":
            return "only ETRN names a domain: it belongs into smtpd_etrn_restrictions"
        if stage == "etrn":
            return f"{what} is not known at ETRN"
        return f"{what} is not known yet: this list is asked before it is said (smtpd_delay_reject = no)"


def _is_class(chain: Chain) -> bool:
    return chain.stage.startswith("class:")


def _unknown(name: str) -> str:
    import difflib

    close = difflib.get_close_matches(name.lower(), ARGUMENTS, n=1, cutoff=0.8)
    if name.startswith("#"):
        return "# begins no comment within a value: clients that come here get 451"
    hint = f"; perhaps {close[0]}" if close else ""
    return f"smtpd does not know {name}: clients that come here get 451{hint}"


def _catch_all(row: RuleRow) -> bool:
    """Whether a table gives every key an answer that ends the list."""
    type_, _, value = row.table.partition(":")
    if type_ != "static" or not row.table:
        return False
    word = value.strip("{} \t").split(" ")[0].upper()
    return word in {"OK", "RELAY", "REJECT", "DEFER"} or word.isdigit()


def _zone(row: RuleRow) -> Iterator[State]:
    from mailtui.postfix.dnszones import closed_zone

    if ARGUMENTS.get(row.name.lower()) != "zone" or not row.argument:
        return
    found = closed_zone(row.argument)
    if found is not None:
        yield State("closed", found.says)
