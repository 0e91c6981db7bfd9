"""Tables that rewrite and route, by command on a running server: mail goes where `resolve` and the words said."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mailtui.demo.lab import Lab
from mailtui.postfix.aliastables import AliasTables
from mailtui.postfix.instance import Instance
from mailtui.postfix.mapchecks import check_map_entry

OUTSIDE = ("mx1.partner.example", "198.51.100.7")
SINK = 2526
WAIT = 10.0


def asked(lab: Lab, *words: str) -> Any:
    """A command's JSON; it must succeed."""
    done = lab.mailtui(*words, "--json")
    assert done.ok, done.words
    return json.loads(done.out)


def use(lab: Lab, parameter: str, *more: tuple[str, str]) -> None:
    """Have the instance use a table of this parameter's name; the first `table set` makes its file."""
    pairs = [(parameter, f"hash:{lab.config_dir}/{parameter}"), *more]
    (lab.config_dir / parameter).touch()
    assert lab.run("postmap", "-c", str(lab.config_dir), pairs[0][1]).ok
    settings = [f"{name} = {value}" for name, value in pairs]
    assert lab.run("postconf", "-c", str(lab.config_dir), "-e", *settings).ok
    assert lab.postfix("reload").ok


def set_entry(lab: Lab, parameter: str, key: str, *value: str) -> None:
    done = asked(lab, "table", "set", parameter, key, *value)
    assert done["applied"], done
    time.sleep(0.3)  # trivial-rewrite and cleanup see another table at their next request


def ends(lab: Lab, address: str) -> list[tuple[str, str]]:
    """Where mail for an address ends, as the resolver says."""
    return [(end["address"], end["how"]) for end in asked(lab, "alias", "resolve", address)["final"]]


@pytest.fixture
def sink(lab: Lab) -> Iterator[Path]:
    """A host of the namespace that takes mail on SINK and keeps each message as a file."""
    folder = lab.directory / "sink"
    folder.mkdir()
    script = f"cd {folder} && exec smtp-sink -u root -d {folder}/%M. 127.0.0.1:{SINK} 100"
    started = lab.run("sh", "-c", f"({script}) >/dev/null 2>&1 & echo $!")
    assert started.ok
    yield folder
    lab.run("kill", started.out.decode().strip())


def taken(sink: Path, words: str) -> str:
    """The message in the sink that holds some words."""
    end = time.monotonic() + WAIT
    while time.monotonic() < end:
        for path in sink.iterdir():
            text = path.read_text()
            if words in text:
                return text
        time.sleep(0.05)
    raise AssertionError(f"nothing with {words!r} came to the sink")


def test_a_route_to_a_port_of_its_own(lab: Lab, sink: Path) -> None:
    use(lab, "transport_maps", ("smtp_host_lookup", "native"))
    set_entry(lab, "transport_maps", ".far.example", f"smtp:[127.0.0.1]:{SINK}")
    assert ends(lab, "u@sub.far.example") == [("u@sub.far.example", "remote")]
    seen = lab.log_size()
    assert lab.send("u@sub.far.example").accepted
    lab.logged(
        rf"to=<u@sub\.far\.example>, relay=127\.0\.0\.1\[127\.0\.0\.1\]:{SINK}.*status=sent", after=seen
    )
    assert "X-Rcpt-Args: <u@sub.far.example>" in taken(sink, "u@sub.far.example")
    found = asked(lab, "table", "try", "transport_maps", "u@sub.far.example")
    assert (found["by"], found["value"]) == (".far.example", f"smtp:[127.0.0.1]:{SINK}")


def test_a_route_that_refuses(lab: Lab) -> None:
    use(lab, "transport_maps")
    set_entry(lab, "transport_maps", "closed.example", "error:5.7.1 gone, for good")
    set_entry(lab, "transport_maps", "later.example", "retry:4.2.2 come back")
    answer = lab.send("u@closed.example")
    assert (answer.code, "gone, for good" in answer.text) == (550, True)
    assert asked(lab, "alias", "resolve", "u@closed.example")["final"] == []
    assert lab.send("u@later.example").code == 450
    asked(lab, "table", "remove", "transport_maps", "later.example")
    assert lab.postfix("reload").ok  # smtpd(8) and its trivial-rewrite(8) know the answer for a while
    assert lab.send("u@later.example").accepted


@pytest.mark.parametrize(
    ("value", "line"),
    [
        ("nosuch:", "mail transport unavailable"),
        ("SMTP:", "mail transport unavailable"),
        ("cleanup:", "mail transport unavailable"),
        ("smtp:[127.0.0.1", r'fatal: missing "\]"'),
        ("smtp:[127.0.0.1]:99999", "fatal: bad network port: 99999"),
        ("smtp:2001:db8::1", "fatal: valid hostname or network address required"),
        ("local:", "unknown user"),
        ("discard:", "relay=none.*status=sent"),
    ],
)
def test_what_is_called_wrong_goes_wrong(lab: Lab, value: str, line: str) -> None:
    """And what only is worth knowing works."""
    use(lab, "transport_maps")
    instance = Instance.open(str(lab.config_dir))
    (table,) = AliasTables.of_maps(instance, "transport_maps")
    errors = [one for one in check_map_entry(instance, table, "a.example", value) if one.severity == "error"]
    assert bool(errors) == (not line.startswith(("unknown", "relay")))
    assert lab.mailtui("table", "set", "transport_maps", "a.example", value).ok == (not errors)
    done = lab.mailtui("table", "set", "transport_maps", "a.example", value, "--anyway")
    assert done.ok, done.words
    time.sleep(0.3)
    seen = lab.log_size()
    assert lab.send("u@a.example").accepted
    lab.logged(line, after=seen)


def test_canonical_rewrites_recipient_and_sender(lab: Lab) -> None:
    use(lab, "canonical_maps")
    set_entry(lab, "canonical_maps", "jean.dupont@falcot.com", "jean@falcot.com")
    assert ends(lab, "jean.dupont@falcot.com") == [("jean@falcot.com", "mailbox")]
    seen = lab.log_size()
    assert lab.send("jean.dupont@falcot.com").accepted
    lab.logged(r"to=<jean@falcot\.com>, orig_to=<jean\.dupont@falcot\.com>.*status=sent", after=seen)
    seen = lab.log_size()
    assert lab.send("laure@falcot.com", sender="jean.dupont@falcot.com").accepted
    lab.logged(r"from=<jean@falcot\.com>.*queue active", after=seen)


def test_sender_canonical_leaves_recipients(lab: Lab) -> None:
    use(lab, "sender_canonical_maps")
    set_entry(lab, "sender_canonical_maps", "jean", "Jean.Dupont@falcot.com")
    assert ends(lab, "jean@falcot.com") == [("jean@falcot.com", "mailbox")]
    seen = lab.log_size()
    assert lab.send("jean@falcot.com", sender="jean@falcot.com").accepted
    lab.logged(r"from=<Jean\.Dupont@falcot\.com>", after=seen)
    lab.logged(r"to=<jean@falcot\.com>, relay=local", after=seen)


def test_a_wildcard_of_recipients_takes_unknown_names(lab: Lab) -> None:
    """The check says so before."""
    use(lab, "recipient_canonical_maps")
    assert lab.send("nobody-at-all@falcot.org", client=OUTSIDE).code == 550
    done = lab.mailtui("table", "set", "recipient_canonical_maps", "@falcot.org", "jean@falcot.com")
    assert done.ok
    assert "every name at falcot.org is accepted" in done.err.decode()
    time.sleep(0.3)
    seen = lab.log_size()
    assert lab.send("nobody-at-all@falcot.org").accepted
    lab.logged(r"to=<jean@falcot\.com>, orig_to=<nobody-at-all@falcot\.org>.*status=sent", after=seen)


def test_a_circle_goes_on_as_it_is(lab: Lab) -> None:
    use(lab, "canonical_maps")
    set_entry(lab, "canonical_maps", "one@falcot.com", "jean@falcot.com")
    done = lab.mailtui("table", "set", "canonical_maps", "jean@falcot.com", "one@falcot.com")
    assert not done.ok
    assert "without end" in done.words
    assert lab.mailtui("table", "set", "canonical_maps", "jean@falcot.com", "one@falcot.com", "--anyway").ok
    said = ends(lab, "one@falcot.com")
    seen = lab.log_size()
    assert lab.send("one@falcot.com").accepted
    lab.logged("unreasonable canonical_maps map nesting", after=seen)
    found = lab.logged(r"to=<([^>]*)>.*status=(\w+)", after=seen)
    assert said == [(found[1], "mailbox" if found[2] == "sent" else "error")]


def test_relocated_tells_the_sender(lab: Lab) -> None:
    use(lab, "relocated_maps")
    set_entry(lab, "relocated_maps", "gone@falcot.com", "call", "+33 1,", "or", "http://example.org")
    answer = lab.send("gone@falcot.com")
    assert answer.code == 550
    assert "5.1.6" in answer.text
    assert "User has moved to call +33 1, or http://example.org" in answer.text
    why = asked(lab, "alias", "resolve", "gone@falcot.com")["why"]
    assert "User has moved to call +33 1, or http://example.org" in why


def test_relocated_in_a_virtual_alias_domain(lab: Lab) -> None:
    """Whatever its class: the last word is the table's, where no alias takes the address."""
    use(lab, "relocated_maps", ("virtual_alias_domains", "falcotsbrand.com, moved.example"))
    assert "virtual alias table" in asked(lab, "alias", "resolve", "x@moved.example")["why"]
    assert "virtual alias table" in lab.send("x@moved.example").text
    set_entry(lab, "relocated_maps", "x@moved.example", "there")
    assert lab.postfix("reload").ok
    assert "User has moved to there" in lab.send("x@moved.example").text
    assert "User has moved to there" in asked(lab, "alias", "resolve", "x@moved.example")["why"]


def test_relay_recipients_are_known_or_refused(lab: Lab) -> None:
    use(lab, "relay_recipient_maps", ("relay_domains", "relay.example"))
    set_entry(lab, "relay_recipient_maps", "known@relay.example", "OK")
    assert lab.send("known+x@relay.example", client=OUTSIDE).accepted
    answer = lab.send("other@relay.example", client=OUTSIDE)
    assert (answer.code, "User unknown in relay recipient table" in answer.text) == (550, True)
    why = asked(lab, "alias", "resolve", "other@relay.example")["why"]
    assert "550 User unknown in relay recipient table" in why
    done = lab.mailtui("table", "set", "relay_recipient_maps", "@relay.example", "x")
    assert "everybody at relay.example is accepted" in done.err.decode()
    time.sleep(0.3)
    assert lab.send("other@relay.example", client=OUTSIDE).accepted


@pytest.mark.parametrize(
    ("parameter", "key", "sender", "recipient"),
    [
        ("sender_bcc_maps", "jean", "jean@falcot.com", "sophie@falcot.com"),
        ("recipient_bcc_maps", "sophie@falcot.com", "desk@partner.example", "sophie+x@falcot.com"),
    ],
)
def test_a_copy_arrives(lab: Lab, parameter: str, key: str, sender: str, recipient: str) -> None:
    use(lab, parameter)
    set_entry(lab, parameter, key, "laure@falcot.com")
    seen = lab.log_size()
    assert lab.send(recipient, sender=sender).accepted
    lab.logged(rf"to=<{re.escape(recipient)}>.*status=sent", after=seen)
    lab.logged(r"to=<laure@falcot\.com>.*status=sent", after=seen)


def test_a_copy_to_a_list_bounces_as_it_is_said(lab: Lab) -> None:
    use(lab, "sender_bcc_maps")
    words = ("table", "set", "sender_bcc_maps", "jean", "laure@falcot.com,", "sophie@falcot.com")
    done = lab.mailtui(*words)
    assert not done.ok
    assert "bad address syntax" in done.words
    assert lab.mailtui(*words, "--anyway").ok
    time.sleep(0.3)
    seen = lab.log_size()
    assert lab.send("jean@falcot.com", sender="jean@falcot.com").accepted
    lab.logged(r"status=bounced \(bad address syntax\)", after=seen)


def test_generic_is_seen_outside_and_not_here(lab: Lab, sink: Path) -> None:
    use(lab, "smtp_generic_maps", ("transport_maps", f"inline:{{{{far.example=smtp:[127.0.0.1]:{SINK}}}}}"))
    set_entry(lab, "smtp_generic_maps", "jean", "jean.dupont@isp.example")
    set_entry(lab, "smtp_generic_maps", "@falcot.org", "@isp.example")
    for sender in ("jean@falcot.com", "paul@falcot.org"):
        assert lab.send("u@far.example", sender=sender).accepted
    assert "X-Mail-Args: <jean.dupont@isp.example>" in taken(sink, "jean.dupont@isp.example")
    assert "From: <paul@isp.example>" in taken(sink, "X-Mail-Args: <paul@isp.example>")
    seen = lab.log_size()
    assert lab.send("laure@falcot.com", sender="jean@falcot.com").accepted
    lab.logged(r"from=<jean@falcot\.com>", after=seen)
    lab.logged(r"to=<laure@falcot\.com>, relay=local.*status=sent", after=seen)
