"""Random set-ups: what smtpd is told to do, on a service of its own each; and sessions with them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from mailtui.postfix.restrictionnames import ARGUMENTS
from mailtui.postfix.smtpd.chain import parse_rules
from mailtui.postfix.smtpd.session import PARAMETERS, Session
from tests.lab.differential.world import BASE, CLIENTS, HELOS, RECIPIENTS, SENDERS, USERS

HARNESS = "127.0.0.9"
"""Where the sessions come from; with smtpd_delay_reject=no it must get as far as XCLIENT."""
OWN = ("127.0.0.1", "192.0.2.25")
"""The server's own addresses."""
LET_IN = f"check_client_access inline:{{{'=OK, '.join((HARNESS, *OWN))}=OK}}"
NEVER = {"sleep", "warn_if_reject", "reject_unverified_sender", "reject_unverified_recipient"}
"""Not drawn: they wait, are drawn otherwise, or depend on mail that was tried before."""
UNTIL = ("rcpt", "rcpt", "rcpt", "rcpt", "rcpt", "data")
STAGES = ("client", "helo", "sender", "relay", "recipient", "data")

ACTIONS = (
    "OK", "RELAY", "DUNNO", "DUNNO", "REJECT", "REJECT go away", "REJECT 5.1.1 no such", "REJECT 5.7.9 never",
    "DEFER", "DEFER 4.2.2 later", "DEFER_IF_PERMIT", "DEFER_IF_PERMIT 4.3.3 perhaps", "DEFER_IF_REJECT",
    "DEFER_IF_REJECT 4.4.4 maybe", "550 no", "450 4.1.2 not now", "554 5.1.8 bad", "550", "12345", "HOLD",
    "HOLD because", "DISCARD", "WARN look", "INFO look", "PREPEND X-A: b", "PREPEND none", "FILTER smtp:x",
    "FILTER none", "REDIRECT bob@local.example", "BCC bob@local.example", "reject", "permit", "strict",
    "soft, permit", "reject_unauth_destination", "defer_if_permit", "nonsense", "warn_if_reject reject",
    "permit_mynetworks, reject", "hash:x", "4xx bad", "421 4.7.0 away", "559 5.1.3 odd", "reject_non_fqdn_sender",
    "Ok", "dunno text", "453 2.0.0 odd", "strict, soft",
)  # fmt: skip

KEYS = (
    "good.example", ".good.example", "mail.good.example", "198.51.100.7", "198.51.100", "198.51", "203.0.113",
    "203", "2001:db8::99", "2001:db8:", "2001:db8", "2001", "example", "unknown", "bulk.example", "pool.example",
    "a@good.example", "a+x@good.example", "spam@", "bob@", "alice@", "alice+tag@", "<>", "local.example",
    "bob@local.example", "alice@local.example", "remote.example", "relay.example", "box.example", "x@", "bob",
    "eve", "ylmf-pc", "[198.51.100.7]", "host", "m@box.example", "mx.bulk.example", "ns1.good.example",
    "203.0.113.66", "192.0.2", "[192.0.2.25]", "localhost", "test.example", "gone.example", "x", "nosuch@",
    "alice@test.example", "user@remote.example", '"a b"@good.example', "a b@good.example", "elsewhere.example",
)  # fmt: skip
PATTERNS = (
    "/good/", "/^bob@/", "/example$/", "/^203\\.0\\.113\\./", "/^unknown$/", "/@/", "/^[^@]+$/", "/spam/i",
    "/^2001:/", "/./", "/^<>$/", "/\\+/", "!/example/",
)  # fmt: skip
NETWORKS = (
    "198.51.100.0/24", "203.0.113.0/25", "203.0.113.66", "2001:db8::/32", "0.0.0.0/0", "192.0.2.0/24", "::/0",
    "127.0.0.0/8",
)  # fmt: skip
INDEXED = ("hash", "btree", "lmdb", "cdb")
ZONES = (
    "rbl.example", "rbl.example=127.0.0.2", "rbl.example=127.0.0.[2..4]", "rbl.example=127.0.0.[3;10]",
    "rhs.example", "rhs.example=127.0.0.5", "white.example", "down.example", "none.example",
    "white.example=127.0.[0;1].[1..2]",
)  # fmt: skip
DOWN = (
    "default_action=DUNNO", "default_action=permit", "{ default_action = REJECT it is down }",
    "{default_action=451 4.3.5 no}, timeout=3s", "default_action=strict", "timeout=3s",
)  # fmt: skip
"""Options of a policy service that does not answer."""
GUARD = ("reject_unauth_destination", "reject_unauth_destination", "reject_unauth_destination",
         "defer_unauth_destination", "reject", "defer", "defer_if_permit", "check_relay_domains")  # fmt: skip


@dataclass(frozen=True)
class SetUp:
    """One smtpd service: its own parameters."""

    options: dict[str, str]

    def master(self, port: int) -> str:
        """Its entry in master.cf."""
        own = "".join(f"  -o {{ {name} = {value} }}\n" for name, value in self.options.items())
        return f"127.0.0.1:{port} inet n - n - - smtpd\n{own}"

    def restrictions(self) -> Counter[str]:
        """The restrictions in it, by name in small letters."""
        classes = self.options.get("smtpd_restriction_classes", "").split()
        values = [self.options.get(name, "") for name in (*PARAMETERS.values(), *classes)]
        rules = [rule for value in values for rule in parse_rules(value, classes)]
        named = Counter(rule.name.lower() for rule in rules if rule.name and not rule.is_class)
        named["warn_if_reject"] = sum(rule.warn_only for rule in rules)
        named["(class)"] = sum(rule.is_class for rule in rules)
        named["(table alone)"] = sum(not rule.name for rule in rules)
        return +named


@dataclass(frozen=True)
class Batch:
    """One instance: main.cf, the tables beside it, and the set-ups."""

    base: dict[str, str]
    tables: dict[str, tuple[str, str]]
    """Type and text by file name."""
    setups: tuple[SetUp, ...]
    sessions: tuple[tuple[int, Session], ...] = field(default=())
    """Each with the number of its set-up."""


class Maker:
    """Draws them; equal seeds give equal ones. `@DIR@` in values stands for the folder of the tables."""

    def __init__(self, seed: object, policy_port: int) -> None:
        self.random = random.Random(str(seed))
        self._policy_port = policy_port
        self._tables: dict[str, tuple[str, str]] = {}

    def batch(self, setups: int, sessions: int) -> Batch:
        """A random instance with so many set-ups, and so many sessions with them in all."""
        self._tables = {f"t{number}": self._table() for number in range(14)}
        base = self._base()
        made = tuple(self._setup() for _ in range(setups))
        drawn = tuple((number % setups, self._session(made[number % setups])) for number in range(sessions))
        return Batch(base, self._tables, made, drawn)

    # The instance

    def _table(self) -> tuple[str, str]:
        draw = self.random
        kind = draw.choice((*INDEXED, "texthash", "regexp", "pcre", "cidr"))
        if kind in {"regexp", "pcre"}:
            keys = draw.sample(PATTERNS, draw.randint(1, 4))
        elif kind == "cidr":
            keys = draw.sample(NETWORKS, draw.randint(1, 4))
        else:
            keys = [key for key in draw.sample(KEYS, draw.randint(3, 16)) if " " not in key]
        return kind, "".join(f"{key}\t{draw.choice(ACTIONS)}\n" for key in keys)

    def _base(self) -> dict[str, str]:
        draw = self.random
        maybe = {
            "mydestination": draw.choice(("$myhostname, local.example", "local.example, localhost")),
            "relay_domains": draw.choice(("relay.example", "relay.example, backup.example", "")),
            "virtual_alias_domains": "valias.example",
            "virtual_alias_maps": "inline:{v@valias.example=bob@local.example}",
            "virtual_mailbox_domains": "box.example",
            "virtual_mailbox_maps": draw.choice(("inline:{m@box.example=m/}", "")),
            "local_recipient_maps": draw.choice(("inline:{bob=x, alice=x, moved=x}", "", "inline:{{bob@local.example=x}}")),
            "relay_recipient_maps": draw.choice(("", "inline:{r@relay.example=x}")),
            "recipient_delimiter": draw.choice(("", "+", "+", "+-")),
            "parent_domain_matches_subdomains": draw.choice(
                ("debug_peer_list,mynetworks,relay_domains,smtpd_access_maps", "relay_domains", "smtpd_access_maps", "")
            ),
            "transport_maps": draw.choice(
                ("", "inline:{{closed.example=error:5.2.1 it is closed}, {relay.example=retry:4.4.1 later}}")
            ),
            "relocated_maps": draw.choice(("", "inline:{moved@local.example=other@remote.example}")),
            "canonical_maps": draw.choice(("", "", "inline:{canon@old.example=bob@local.example}")),
            "show_user_unknown_table_name": draw.choice(("yes", "yes", "no")),
            "resolve_dequoted_address": draw.choice(("yes", "yes", "no")),
            "smtpd_sender_login_maps": "inline:{bob@local.example=bob, {a@good.example=eve}}",
        }  # fmt: skip
        return {**BASE, **maybe}

    # A set-up

    def _setup(self) -> SetUp:
        draw = self.random
        options = {f"smtpd_{stage}_restrictions": self._list(stage) for stage in STAGES}
        options["smtpd_relay_restrictions"] = self._guarded(options["smtpd_relay_restrictions"])
        options.update(self._classes())
        if draw.random() < 0.25:
            options["smtpd_delay_reject"] = "no"
            options["smtpd_client_restrictions"] = f"{LET_IN}, {options['smtpd_client_restrictions']}"
        options.update(self._switches())
        return SetUp(options)

    def _classes(self) -> dict[str, str]:
        return {
            "smtpd_restriction_classes": "strict soft",
            "strict": ", ".join(self._rules(self.random.randint(1, 3), "recipient", classes=False)),
            "soft": ", ".join(self._rules(self.random.randint(1, 2), "recipient", classes=False)),
        }

    def _switches(self) -> Iterator[tuple[str, str]]:
        draw = self.random
        chosen = (
            ("soft_bounce", ("yes",), 0.1),
            ("smtpd_helo_required", ("yes",), 0.2),
            ("smtpd_reject_unlisted_sender", ("yes",), 0.3),
            ("smtpd_reject_unlisted_recipient", ("no",), 0.25),
            ("smtpd_relay_before_recipient_restrictions", ("no",), 0.3),
            ("mynetworks", ("192.0.2.0/24 [2001:db8::]/32", "127.0.0.0/8", "!192.0.2.30 192.0.2.0/24",
                            "203.0.113.0/24, good.example", "cidr:@DIR@/nets"), 0.7),
            ("allow_untrusted_routing", ("yes",), 0.1),
            ("smtpd_sasl_auth_enable", ("yes",), 0.4),
            ("reject_code", ("450", "571"), 0.1),
            ("access_map_reject_code", ("421", "559", "200"), 0.15),
            ("access_map_defer_code", ("451",), 0.1),
            ("unknown_client_reject_code", ("550",), 0.2),
            ("unknown_hostname_reject_code", ("550",), 0.2),
            ("unknown_address_reject_code", ("550", "450"), 0.2),
            ("unknown_address_tempfail_action", ("defer", "defer_if_permit"), 0.3),
            ("unknown_helo_hostname_tempfail_action", ("defer", "defer_if_permit"), 0.3),
            ("non_fqdn_reject_code", ("450",), 0.1),
            ("invalid_hostname_reject_code", ("450",), 0.1),
            ("relay_domains_reject_code", ("550",), 0.1),
            ("maps_rbl_reject_code", ("450",), 0.15),
            ("maps_rbl_domains", ("rbl.example",), 0.5),
            ("default_rbl_reply", ("$rbl_code $rbl_class [$rbl_what] listed by $rbl_domain${rbl_reason?; $rbl_reason}",), 0.2),
            ("rbl_reply_maps", ("inline:{{rbl.example=$$rbl_code 4.7.7 $$rbl_what in $$rbl_domain: $$rbl_txt}}",), 0.15),
            ("unknown_local_recipient_reject_code", ("450",), 0.15),
            ("plaintext_reject_code", ("550",), 0.1),
            ("smtpd_null_access_lookup_key", ("none",), 0.1),
            ("strict_rfc821_envelopes", ("yes",), 0.1),
            ("permit_mx_backup_networks", ("198.51.100.0/24",), 0.4),
            ("multi_recipient_bounce_reject_code", ("450",), 0.1),
            ("smtpd_tls_security_level", ("encrypt",), 0.02),
        )  # fmt: skip
        for name, values, chance in chosen:
            if draw.random() < chance:
                yield name, draw.choice(values)

    def _guarded(self, value: str) -> str:
        rules = [value] if value else []
        return ", ".join([*rules, self.random.choice(GUARD)]) if self.random.random() < 0.9 else (
            f"reject_unauth_destination, {value}" if value else "reject_unauth_destination")  # fmt: skip

    def _list(self, stage: str) -> str:
        draw = self.random
        length = draw.choice((0, 1, 1, 2, 2, 3, 4))
        return ", ".join(self._rules(length, stage, classes=True))

    def _rules(self, length: int, stage: str, *, classes: bool) -> list[str]:
        return [self._rule(stage, classes=classes) for _ in range(length)]

    def _rule(self, stage: str, *, classes: bool) -> str:
        draw = self.random
        warn = "warn_if_reject " if draw.random() < 0.12 else ""
        chance = draw.random()
        if classes and chance < 0.08:
            return warn + draw.choice(("strict", "soft", "strict", "soft", "Strict"))
        if chance < 0.13 and stage != "data":
            return warn + self._table_name()
        if chance < 0.14:
            return warn + draw.choice(("reject_foo", "permit_mynetwork", "#"))
        name = draw.choice([each for each in ARGUMENTS if each not in NEVER])
        if name in {"permit", "reject", "defer"} and draw.random() < 0.6:
            name = draw.choice([each for each in ARGUMENTS if each not in NEVER])
        return f"{warn}{self._cased(name)} {self._argument(name)}".strip()

    def _cased(self, name: str) -> str:
        return name.upper() if self.random.random() < 0.02 else name

    def _argument(self, name: str) -> str:
        draw = self.random
        match ARGUMENTS[name]:
            case "table" | "ccert":
                return self._table_name()
            case "zone":
                return draw.choice(ZONES)
            case "policy":
                own = draw.choice(DOWN)
                return draw.choice((f"inet:127.0.0.1:{self._policy_port}", f"{{ inet:127.0.0.1:9, {own} }}",
                                    "inet:127.0.0.1:9"))  # fmt: skip
        return ""

    def _table_name(self) -> str:
        draw = self.random
        chance = draw.random()
        if chance < 0.1:
            return f"inline:{{{{{draw.choice([k for k in KEYS if '=' not in k])} = {draw.choice(ACTIONS)}}}}}"
        if chance < 0.13:
            return f"static:{draw.choice(('DUNNO', 'OK', 'REJECT', 'strict'))}"
        if chance < 0.16:
            return draw.choice(("hash:@DIR@/missing", "nosuchtype:x", "fail:x"))
        name = draw.choice(list(self._tables))
        return f"{self._tables[name][0]}:@DIR@/{name}"

    # A session

    def _session(self, setup: SetUp) -> Session:
        draw = self.random
        name, address, reverse = draw.choice(CLIENTS)
        login = "smtpd_sasl_auth_enable" in setup.options
        return Session(
            address,
            name,
            reverse,
            helo=None if draw.random() < 0.04 else draw.choice(HELOS),
            sender=draw.choice(SENDERS),
            recipient=draw.choice(RECIPIENTS),
            sasl_user=draw.choice(USERS) if login else "",
            until=draw.choice(UNTIL),  # type: ignore[arg-type]  # one of Until's words
        )
