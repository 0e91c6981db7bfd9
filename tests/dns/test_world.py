"""What the world sees of domains, asked of a real name server: good, broken, huge, round, silent, hostile."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from mailtui.dns.ask import Names
from mailtui.dns.facts import Facts, Key
from mailtui.dns.known import Known
from mailtui.dns.part import DomainDns
from mailtui.dns.world import look_at, look_at_many
from tests.dns.zones import WORLD

HERE = ("192.0.2.25", "2001:db8::25")
FACTS = Facts(
    "mail.good.example", "mail.good.example", HERE, frozenset(HERE),
    {
        "good.example": [Key("mail2026", "good.example", "rsa", "MIGf"), Key("other", "good.example", "rsa", "MIGf"),
                         Key("new", "good.example", "rsa", "MIGf")],
        "cname.example": [Key("mail2026", "cname.example", "rsa", "MIGf")],
        "hostile.example": [Key("mail2026", "hostile.example", "rsa", "MIGf")],
    },
)  # fmt: skip
HIDDEN = Facts("mail.good.example", "mail.good.example", ("10.0.0.5",), frozenset(("10.0.0.5",)))
NAMES = {line.split()[0] for line in WORLD.splitlines() if line and line[0] not in "#1234567890"}
DOMAINS = sorted(name for name in NAMES if name.count(".") == 1)
Ask = Callable[..., Names]


def seen(ask: Ask, name: str, facts: Facts = FACTS, **options: float) -> DomainDns:
    return look_at(f"{name}.example", facts, ask(**options))


def states(found: DomainDns) -> dict[str, str]:
    return {label: part.state for label, part in found.parts()}


def test_the_hosts_own_name_needs_no_mx(ask: Ask) -> None:
    mx = seen(ask, "mail.good").mx
    assert (mx.state, mx.problems, mx.proposed) == ("ok", (), "")
    assert mx.record == "none: mail goes to the address of the domain itself, which is here"
    elsewhere = Facts("other.good.example", "other.good.example", HERE, frozenset(HERE))
    assert seen(ask, "mail.good", elsewhere).mx.state == "missing"


def test_a_good_domain(ask: Ask) -> None:
    found = seen(ask, "good")
    assert states(found) == {
        "MX": "ok", "A/AAAA": "ok", "SPF": "ok", "DKIM mail2026": "ok", "DKIM other": "error", "DKIM new": "missing",
        "DMARC": "ok", "this host": "ok",
    }  # fmt: skip
    assert found.mx.record == "10 mail.good.example (192.0.2.25, 2001:db8::25)"
    assert (found.spf.record, found.spf.lookups, found.spf.voids) == ("v=spf1 mx -all", 1, 0)
    assert found.dkim[1].problems == ("another key stands there",)
    assert found.dkim[2].proposed == "v=DKIM1; h=sha256; k=rsa; p=MIGf"
    assert found.dkim[2].name == "new._domainkey.good.example"
    assert not any(part.proposed for part in (found.mx, found.spf, found.dmarc, found.host))
    assert found.age() < 60


def test_where_mail_goes(ask: Ask) -> None:
    two = seen(ask, "two").mx
    assert two.record == "10 a.two.example (192.0.2.1, 2001:db8::1), 20 b.two.example"
    assert two.state == "warning"
    assert "b.two.example has no address" in two.problems
    assert any("not to this one" in text for text in two.problems)
    assert any("alias of mail.good.example" in text for text in seen(ask, "alias").mx.problems)
    assert seen(ask, "null").mx.state == "error"
    numbers = seen(ask, "numbers").mx
    assert numbers.state == "error"
    assert "192.0.2.25 is an address, where a name must stand" in numbers.problems
    assert any("world cannot reach" in text for text in seen(ask, "private").mx.problems)
    nowhere = seen(ask, "not-there").mx
    assert (nowhere.state, nowhere.proposed) == ("missing", "10 mail.good.example.")
    crowd = seen(ask, "crowd").mx
    assert any(text.startswith("10 hosts have no address") for text in crowd.problems)


def test_behind_nat_it_is_said_that_nothing_can_be_known(ask: Ask) -> None:
    found = seen(ask, "good", HIDDEN)
    assert found.mx.state == "warning"
    assert "proxy_interfaces" in found.mx.problems[0]
    assert found.host.state == "unknown"
    assert any("proxy_interfaces" in text for text in found.spf.problems)


def test_names_of_this_host(ask: Ask) -> None:
    stranger = Facts(
        "mail.good.example", "mail.good.example", ("198.51.100.9",), frozenset(("198.51.100.9",))
    )
    nameless = seen(ask, "good", stranger).host
    assert nameless.state == "error"
    assert (nameless.name, nameless.kind, nameless.proposed) == (
        "9.100.51.198.in-addr.arpa", "PTR", "mail.good.example.",
    )  # fmt: skip
    other = Facts("x.good.example", "nowhere.good.example", HERE[:1], frozenset(HERE))
    assert any("a name without an address" in text for text in seen(ask, "good", other).host.problems)
    short = Facts("mail", "mail", HERE[:1], frozenset(HERE))
    assert any("no full name" in text for text in seen(ask, "good", short).host.problems)


@pytest.mark.parametrize(
    ("name", "state", "words", "proposed"),
    [
        ("two", "error", "several SPF records", "v=spf1 ip4:192.0.2.25 ip6:2001:db8::25 -all"),
        ("comma", "missing", "“v=spf1,-all” is none", "v=spf1 ip4:192.0.2.25 ip6:2001:db8::25 -all"),
        ("typo", "error", "Unknown mechanism found: ip:192.0.2.25", None),
        ("slip", "error", "Unknown mechanism found: ip:192.0.2.26",
         "v=spf1 ip4:192.0.2.26 ~ip6:2001:db8::/126 ip4:192.0.2.25 ip6:2001:db8::25 -all"),
        ("empty", "error", "neutral", "v=spf1 ip4:192.0.2.25 ip6:2001:db8::25 ~all"),
        ("open", "error", "lets the whole world send", None),
        ("narrow", "error", "does not let 192.0.2.25 send, which is this host: softfail",
         "v=spf1 ip4:198.51.100.1 ip4:192.0.2.25 ip6:2001:db8::25 ~all"),
        ("dead", "error", "is never read: ip4:192.0.2.25", "v=spf1 ip4:192.0.2.25 ip6:2001:db8::25 -all"),
        ("lost", "error", "3 lookups find nothing", None),
        ("crowd", "error", "12 hosts, 10 at most", None),
        ("deep", "error", "40 or more lookups, 10 at most", None),
        ("wide", "error", "12 lookups, 10 at most", None),
        ("round", "error", "round.example leads back to itself", None),
        ("huge", "error", "3301 bytes", "v=spf1 ip4:192.0.2.25 ip6:2001:db8::25 -all"),
        ("hostile", "error", "Unknown mechanism", None),
        ("sub.good", "missing", "", "v=spf1 mx -all"),
    ],
)  # fmt: skip
def test_spf(ask: Ask, name: str, state: str, words: str, proposed: str | None) -> None:
    part = seen(ask, name).spf
    assert part.state == state
    assert any(words in text for text in part.problems) or not words, part.problems
    if proposed is not None:
        assert part.proposed == proposed


def test_the_lookups_are_a_tree(ask: Ask) -> None:
    part = seen(ask, "cname").spf
    assert (part.state, part.lookups) == ("ok", 2)
    (node,) = part.tree
    assert (node.term, node.name, node.lookups, node.record) == (
        "include:spf.cname.example", "spf.cname.example", 2, "v=spf1 mx -all",
    )  # fmt: skip
    assert [each.term for each in node.below] == ["mx"]
    wide = seen(ask, "wide").spf
    assert sum(each.lookups for each in wide.tree) == wide.lookups == 12
    macro = seen(ask, "macro").spf
    assert [each.problem for each in macro.tree] == ["its name depends on the sender: not followed"] * 2


def test_dmarc(ask: Ask) -> None:
    strict = seen(ask, "strict").dmarc
    assert strict.state == "error"
    assert strict.proposed == "v=DMARC1; p=reject"
    assert any("adkim=strict counts for nothing" in text for text in strict.problems)
    assert any("passes neither SPF nor DKIM" in text for text in strict.problems)
    assert seen(ask, "two").dmarc.state == "error"
    below = seen(ask, "sub.good").dmarc
    assert (below.name, below.record[:9]) == ("_dmarc.good.example", "v=DMARC1;")
    assert any("says quarantine for subdomains" in text for text in below.problems)
    away = seen(ask, "away").dmarc
    assert away.state == "warning"
    assert ["silent.example" in text for text in away.problems] == [True]
    misplaced = seen(ask, "comma").dmarc
    assert misplaced.state == "missing"
    assert "“v=DMARC1; p=none” is none" in misplaced.problems[0]


@pytest.mark.parametrize("name", ["down", "refused", "deaf", "loop"])
def test_what_is_not_answered_is_never_missing(ask: Ask, name: str) -> None:
    began = time.monotonic()
    found = seen(ask, name, timeout=0.4)
    assert time.monotonic() - began < 4
    told = {
        part.state for label, part in found.parts() if not label.startswith(("DKIM", "DMARC", "this host"))
    }
    assert told == {"unknown"}
    assert all(part.problems for _, part in found.parts() if part.state == "unknown")
    if name != "loop":
        assert {part.state for part in (*found.dkim, found.dmarc)} == {"unknown"}


def test_half_an_answer_is_unknown_too(ask: Ask) -> None:
    part = seen(ask, "slow").spf
    assert part.state == "unknown"
    assert part.problems == ("no answer for half.example: the name servers answer with an error",)


def test_the_time_of_a_domain_has_a_limit(ask: Ask) -> None:
    began = time.monotonic()
    found = look_at("slow.example", FACTS, ask(timeout=5), limit=0.1)
    assert time.monotonic() - began < 1.5
    assert found.mx.state == "unknown"


def test_records_are_hostile(ask: Ask) -> None:
    text = json.dumps(seen(ask, "hostile").as_json(), ensure_ascii=False)
    assert not any(ord(character) < 32 for character in text)
    assert "[bold]" in text


@pytest.mark.parametrize("name", ["", "a..b", "x" * 64 + ".example", "x." * 130 + "example", "\x1b[31m"])
def test_what_is_no_name_is_said_or_not_there(ask: Ask, name: str) -> None:
    found = look_at(name, FACTS, ask())
    assert found.mx.state in {"unknown", "missing"}
    assert found.as_json()["domain"] == name


@pytest.mark.parametrize("name", DOMAINS)
def test_every_answer_survives_being_kept(ask: Ask, tmp_path: Path, name: str) -> None:
    found = look_at(name, FACTS, ask(timeout=0.4))
    known = Known(str(tmp_path / "dns"))
    assert known.of(name) is None
    assert known.keep(found) == ""
    again = known.of(name)
    assert again is not None
    assert again.as_json() == found.as_json()
    assert [each.domain for each in known.all()] == [name]


def test_silence_does_not_take_the_place_of_what_was_known(ask: Ask, tmp_path: Path) -> None:
    known = Known(str(tmp_path / "dns"))
    silent = look_at("a..b", FACTS, ask())
    assert known.keep(silent) == ""
    assert known.of("a..b") is not None
    (tmp_path / "dns" / "good.example.json").write_text('{"domain": "good.example", "mx": 3}')
    assert known.of("good.example") is None
    assert known.keep(seen(ask, "good")) == ""
    assert known.of("good.example") is not None
    (tmp_path / "file").write_text("")
    assert "Not a directory" in Known(str(tmp_path / "file" / "dns")).keep(silent)


# Many


def test_many_at_once(ask: Ask) -> None:
    names = ["slow.example", "good.example", "two.example", "down.example", "good.example"]
    found = {each.domain: each for each in look_at_many(names, FACTS, ask())}
    assert set(found) == set(names)
    assert found["good.example"].spf.state == "ok"


def test_many_end_when_they_are_told_to(ask: Ask) -> None:
    stop = threading.Event()
    names = ask(timeout=3)
    domains = [f"d{n}.deaf.example" for n in range(30)]
    threading.Timer(0.2, stop.set).start()
    began = time.monotonic()
    assert list(look_at_many(domains, FACTS, names, stop=stop)) == []
    assert time.monotonic() - began < 1.5
    assert names.ask("good.example", "TYPE65").problem == "not asked any more"


def test_the_rate_is_kept(ask: Ask) -> None:
    names = ask(rate=50)
    began = time.monotonic()
    names.ahead((f"r{n}.good.example", "A") for n in range(90))
    assert all(names.ask(f"r{n}.good.example", "A").state == "nxdomain" for n in range(90))
    assert 0.7 < time.monotonic() - began < 4


def test_a_program_that_ends_waits_for_no_name_server() -> None:
    program = """
import socket, threading
from mailtui.dns.ask import Names
from mailtui.dns.facts import Facts
from mailtui.dns.world import look_at
silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
silent.bind(("127.0.0.1", 0))
port = silent.getsockname()[1]
asking = lambda: look_at("falcot.com", Facts(), Names(nameservers=["127.0.0.1"], port=port, timeout=60))
threading.Thread(target=asking, daemon=True).start()
assert silent.recv(4096)
"""
    done = subprocess.run([sys.executable, "-c", program], timeout=30, check=False, capture_output=True)
    assert done.returncode == 0, done.stderr
