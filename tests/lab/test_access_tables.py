"""Access tables on a running server: each key answers for whom it is said to, and each action does what it says."""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass
from typing import Any

import pytest

from mailtui.demo.lab import Lab
from mailtui.postfix.accessactions import ActionPlace, check_action, told
from mailtui.postfix.accesskeychecks import key_problem
from mailtui.postfix.accesskeys import Subject, asked, example
from mailtui.postfix.accessuses import AccessRules
from mailtui.postfix.instance import Instance

PORT = 2700
CHECKS = (
    "check_client_access", "check_reverse_client_hostname_access", "check_helo_access",
    "check_sender_access", "check_recipient_access",
)  # fmt: skip
HOSTS = (
    "a.example",
    "Mail.B.example",
    "c.d.e.example",
    ".f.example",
    "g.example.",
    "*.h.example",
    "_i.j.example",
    "k.example",
    ".l.k.example",
    "localhost",
    "m-n.example",
    "1.o.example",
    "unknown",
)
NUMBERS = (
    "192.0.2.7",
    "198.51.100",
    "203.0",
    "11",
    "192.0.2.",
    "198.51.100.0/24",
    "192.0.02.9",
    "[192.0.2.8]",
    "2001:db8::99",
    "2001:DB8:1",
    "2001:db8:2:",
    "2001:0db8:3::1",
    "2001:db8:4::",
    "[2001:db8::5]",
    "fe80",
    "::1",
    "2001:db8:0",
    "2001:db8:0:0:0:0:0:6",
    "1:2:3:4:5:6:7",
    "IPv6:2001:db8::7",
    "2001:db8::8:1",
)
MAILS = (
    "a@b.example", "User@C.example", "d+e@f.example", "g@h.example", "@i.example", "j@", "k+l@", "m.example",
    ".n.example", "o.p.q.example", "<>", "r@s.example.", "t@[192.0.2.1]", "*@u.example", "w", "x@y",
    '"v w"@z.example', "example.org", "192.0.2", "u@a.b.c.example", "c.example",
)  # fmt: skip


@dataclass(frozen=True)
class Setting:
    """One table, asked by one check at one port."""

    port: int
    check: str
    parents: bool
    keys: tuple[str, ...]
    path: str


def settings(lab: Lab, seed: int) -> list[Setting]:
    """Tables of each check, with both styles of parent domains; each key answers with its number."""
    chance = random.Random(seed)
    found: list[Setting] = []
    for check in CHECKS:
        for parents in (True, False):
            keys = [*MAILS] if "sender" in check or "recipient" in check else [*HOSTS]
            keys += NUMBERS if "client" in check else ()
            chance.shuffle(keys)
            port = PORT + len(found)
            path = lab.config_dir / f"try{port}"
            path.write_text("".join(f"{key}\tREJECT key-{at}.\n" for at, key in enumerate(keys)))
            assert lab.run("postmap", "-c", str(lab.config_dir), f"hash:{path}").ok
            found.append(Setting(port, check, parents, tuple(keys), str(path)))
    return found


def serve(lab: Lab, made: list[Setting]) -> None:
    """A port for each, on which all are refused, by their key or without one."""
    lines = [
        f"{each.port} inet n - n - - smtpd -o smtpd_authorized_xclient_hosts=static:all"
        f" -o {{ smtpd_recipient_restrictions = {each.check} hash:{each.path}, reject }}"
        " -o smtpd_relay_restrictions=reject_unauth_destination,permit -o smtpd_client_restrictions="
        " -o smtpd_relay_before_recipient_restrictions=no -o smtpd_reject_unlisted_sender=no"
        " -o smtpd_helo_restrictions= -o smtpd_sender_restrictions= -o smtpd_delay_reject=yes"
        " -o smtpd_error_sleep_time=0 -o smtpd_hard_error_limit=10000 -o smtpd_soft_error_limit=10000"
        " -o smtpd_client_event_limit_exceptions=static:all -o strict_rfc821_envelopes=no"
        " -o smtpd_junk_command_limit=10000 -o smtpd_milters= -o recipient_delimiter=+"
        f" -o parent_domain_matches_subdomains={'smtpd_access_maps' if each.parents else ''}\n"
        for each in made
    ]
    with (lab.config_dir / "master.cf").open("a") as stream:
        stream.writelines(lines)
    assert lab.run("postconf", "-c", str(lab.config_dir), "-e", "inet_protocols=all").ok
    assert lab.postfix("stop").ok
    assert lab.postfix("start").ok


def session(check: str, subject: Subject) -> dict[str, Any]:
    """A session in which this is looked up."""
    made = {
        "name": "unknown", "reverse": "unknown", "address": "233.252.0.1", "helo": "some.invalid",
        "sender": "s@some.invalid", "recipient": "r@some.invalid",
    }  # fmt: skip
    match check:
        case "check_client_access" | "check_reverse_client_hostname_access":
            name = "name" if check == "check_client_access" else "reverse"
            made |= {name: subject.text or "unknown", "address": subject.address or made["address"]}
        case "check_helo_access":
            made |= {"helo": subject.text}
        case "check_sender_access":
            made |= {"sender": subject.text.removeprefix("<>")}
        case _:
            made |= {"recipient": subject.text}
    return made


def subjects(rules: AccessRules, keys: tuple[str, ...], chance: random.Random) -> list[Subject]:
    """Whom the keys stand for, and others near them."""
    found: list[Subject] = []
    by = rules.kind.by
    for key in keys:
        made = None if key_problem(rules.kind, rules.style, key) else example(rules.kind, rules.style, key)
        bare = key.strip(".*[]<>@ ")
        hosts = [f"{chance.choice('xyz')}.{bare}", bare] if not re.fullmatch(r"[\d.:/a-f]+", bare) else []
        if by == "mail":
            local, _, domain = key.rpartition("@")
            near = [f"q@{host}" for host in hosts] if "@" not in key else []
            near += [
                f"{local or 'q'}@{domain or 'z.example'}",
                f"{local.partition('+')[0] or 'q'}+n@{domain or 'z.example'}",
            ]
            found += [Subject(each) for each in near if re.fullmatch(r"[\w.+]+@[\w.]+", each)]
        elif by == "name":
            found += [Subject(host) for host in (*hosts, key) if re.fullmatch(r"[\w.-]+", host)]
        else:
            found += [Subject(host) for host in hosts if re.fullmatch(r"[a-zA-Z_][\w-]*(\.[\w-]+)+", host)]
        if made is not None:  # the table has a key for clients without a name, which would be first
            found.append(made._replace(text="w.invalid") if made.address else made)
    return found


def expected(rules: AccessRules, keys: tuple[str, ...], subject: Subject) -> int | None:
    """The number of the key that is said to answer; of two alike the first."""
    places: dict[str, int] = {}
    for at, key in enumerate(keys):
        places.setdefault(key.lower(), at)
    for key, _full in asked(rules.kind, rules.style, subject):
        if key.lower() in places:
            return places[key.lower()]
    return None


def test_each_key_answers_for_whom_it_is_said_to(lab: Lab) -> None:
    made = settings(lab, 4)
    serve(lab, made)
    instance = Instance.open(str(lab.config_dir))
    chance = random.Random(5)
    asks: list[tuple[Setting, AccessRules, Subject]] = []
    for each in made:
        rules = AccessRules.of(instance, each.check, f"{each.port}/inet")
        assert rules.style.parents is each.parents
        asks += [(each, rules, subject) for subject in subjects(rules, each.keys, chance)]
    assert len(asks) >= 400
    lines = "".join(
        json.dumps({**session(each.check, subject), "port": each.port}) + "\n"
        for each, _rules, subject in asks
    )
    done = lab.run("python3", "-m", "tests.lab.xclient_replies", stdin=lines.encode(), timeout=120)
    assert done.ok, done.words
    replies = [json.loads(line) for line in done.out.splitlines()]
    differences: list[tuple[object, ...]] = []
    answered, found_by = 0, set()
    for (each, rules, subject), reply in zip(asks, replies, strict=True):
        if reply[:3] in {"501", "553", "504"}:
            continue  # it was no address or name to begin with
        told = re.search(r"key-(\d+)\.", reply)
        number = int(told[1]) if told else None
        answered += 1
        if number is not None:
            found_by.add((each.port, number))
        if number != expected(rules, each.keys, subject):
            differences.append(
                (each.check, each.parents, subject, reply, expected(rules, each.keys, subject))
            )
        if number is not None and key_problem(rules.kind, rules.style, each.keys[number]).startswith(
            "is never"
        ):
            differences.append((each.check, each.parents, each.keys[number], "answered", reply))
    assert differences == []
    assert answered >= 400
    fine = {
        (each.port, at)
        for each in made
        for at, key in enumerate(each.keys)
        if not key_problem(
            AccessRules.of(instance, each.check, f"{each.port}/inet").kind, _style(instance, each), key
        )
    }
    assert {(port, made[port - PORT].keys[at]) for port, at in fine - found_by} == set()


def _style(instance: Instance, each: Setting) -> Any:
    return AccessRules.of(instance, each.check, f"{each.port}/inet").style


VALUES = (
    "OK", "relay", "Ok with text", "1", "550", "450", "299", "12345678", "REJECT", "reject go away", "REJECT 4.7.1 later",
    "Reject\ttab", "DEFER", "DEFER not now", "550 no", "451 4.7.0 later", "550 4.7.0 odd", "250 fine", "5.7.1 no code",
    "55 short", "5500 long", "DUNNO", "dunno whatever", "INFO x", "WARN", "HOLD", "HOLD # why", "DISCARD",
    "FILTER", "FILTER nowhere", "FILTER smtp:[127.0.0.1]", "REDIRECT", "REDIRECT jean", "REDIRECT jean@falcot.com",
    "BCC jean", "BCC jean@falcot.com", "PREPEND X-A: b", "PREPEND nothing", "PREPEND", "DEFER_IF_PERMIT why",
    "DEFER_IF_REJECT why", "REJEKT", "permit", "reject_non_fqdn_sender", "hash:/etc/x", "greylisting", "Greylisting",
    "letthrough", "permit_mynetworks, reject", "reject_rbl_client", "check_sender_access hash:/etc/x", "OK, permit",
    "defer", "dunno, reject", "warn_if_reject reject", "sleep",
)  # fmt: skip
END = "Recipient address rejected: Access denied"


def wanted(value: str, place: ActionPlace) -> str:
    """What the words say of a value, as a pattern for the reply; behind the table everybody is refused."""
    says = told(value, place)
    if says.startswith("451"):
        return r"451 4\.3\.5 Server configuration error"
    if says.startswith(("permitted", "takes the message and throws")):
        return "250 "
    if says.startswith(("refused: ", "put off: ")):
        code, rest = says.partition(": ")[2].split(" ", 1)
        text = rest.rpartition("… ")[2].split(" ", 1)[-1]
        return rf"{code} .*{re.escape(text)}$"
    if says.startswith("refuses for now what"):
        return r"450 4\.7\.1 .*why$"
    if says.startswith("goes through"):
        return ""
    return rf"554 5\.7\.1 .*{END}$"


@pytest.mark.parametrize("check", ["check_sender_access", "check_reverse_client_hostname_access"])
def test_each_action_does_what_is_said(lab: Lab, check: str) -> None:
    path = lab.config_dir / "actions"
    by_sender = check == "check_sender_access"
    keys = [f"u{at}@v.example" if by_sender else f"10.9.0.{at}" for at in range(len(VALUES))]
    path.write_text("".join(f"{key} {value}\n" for key, value in zip(keys, VALUES, strict=True)))
    assert lab.run("postmap", "-c", str(lab.config_dir), f"hash:{path}").ok
    classes = ("greylisting", "letthrough")
    assert lab.run(
        "postconf", "-c", str(lab.config_dir), "-e", "smtpd_restriction_classes=greylisting, letthrough",
        "greylisting=defer", "letthrough=permit",
    ).ok  # fmt: skip
    serve(lab, [Setting(PORT, check, True, (), str(path))])
    instance = Instance.open(str(lab.config_dir))
    place = AccessRules.of(instance, check, f"{PORT}/inet").place
    assert place.classes == classes
    sessions = []
    for key in keys:
        made = session(check, Subject(key) if by_sender else Subject("w.invalid", key))
        sessions.append({**made, "recipient": "jean@falcot.com", "port": PORT})
    lines = "".join(json.dumps(each) + "\n" for each in sessions)
    done = lab.run("python3", "-m", "tests.lab.xclient_replies", stdin=lines.encode(), timeout=120)
    assert done.ok, done.words
    wrong: list[tuple[object, ...]] = []
    for value, line in zip(VALUES, done.out.splitlines(), strict=True):
        reply = json.loads(line)
        if not re.search(f"^(?:{wanted(value, place)})", reply):
            wrong.append((value, reply, told(value, place)))
        broken = any(said.does == "451" for said in check_action(value, place))
        if value == "letthrough" and not by_sender:
            assert any("answers 451" in said.text for said in check_action(value, place))
            broken = True
        if broken != reply.startswith("451 4.3.5"):
            wrong.append((value, reply, list(check_action(value, place))))
    assert wrong == []


def test_networks_written_by_command_count_at_once(lab: Lab) -> None:
    """A rule of a cidr table is set: smtpd is reloaded with it, and answers as `try` says."""
    path = lab.config_dir / "nets"
    path.write_text("192.0.2.0/24 DUNNO\n")
    serve(lab, [Setting(PORT, "check_client_access", True, (), str(path))])
    text = (lab.config_dir / "master.cf").read_text()
    (lab.config_dir / "master.cf").write_text(text.replace(f"hash:{path}", f"cidr:{path}"))
    assert lab.postfix("reload").ok
    spec = f"cidr:{path}"
    assert not lab.mailtui("table", "set", spec, "198.51.100.7/24", "REJECT").ok
    done = lab.mailtui("table", "set", spec, "198.51.100.0/24", "REJECT", "by", "net", "--json")
    assert done.ok, done.words
    assert "reload" in done.out.decode()
    found = json.loads(lab.mailtui("table", "try", spec, "198.51.100.7", "--json").out)
    assert (found["by"], found["does"]) == ("198.51.100.7", "refused: 554 5.7.1 … by net")
    asks = [
        {**session("check_client_access", Subject("w.invalid", address)), "port": PORT}
        for address in ("198.51.100.7", "198.51.101.7")
    ]
    replies = lab.run(
        "python3",
        "-m",
        "tests.lab.xclient_replies",
        stdin="".join(json.dumps(each) + "\n" for each in asks).encode(),
    ).out.splitlines()
    assert "Client host rejected: by net" in json.loads(replies[0])
    assert "Recipient address rejected" in json.loads(replies[1])
