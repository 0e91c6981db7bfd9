"""Each trap of DKIM made, found at its line, and mended by the edit that is offered, or none with a
reason."""

from __future__ import annotations

import os
import subprocess
import time
from functools import cache
from pathlib import Path

import pytest

from mailtui.dns.dkimrecord import Published
from mailtui.doctor import dkimkeys, dkimsenders, dkimtables
from mailtui.doctor.examine import examine
from mailtui.doctor.model import Finding
from mailtui.milters.dkim import store
from mailtui.milters.dkim.publication import Publication, Seen
from mailtui.milters.dkim.store import Kept, Memory
from mailtui.postfix.instance import Instance
from mailtui.postfix.statefolder import VARIABLE, folder, label
from tests.doctor.ailing import healed
from tests.postfix.conftest import MakeInstance, instance_dir

__all__ = ["instance_dir"]

MAIN = "mydestination = localhost\nmynetworks = 127.0.0.0/8\nvirtual_alias_domains = falcot.example\n"
MASTER = "smtp inet n - n - - smtpd\n"
FAMILIES = (dkimtables.findings, dkimkeys.findings, dkimsenders.findings)


@cache
def _private(bits: int, kind: str, number: int) -> bytes:
    options = ["-pkeyopt", f"rsa_keygen_bits:{bits}"] if kind == "RSA" else []
    argv = ["openssl", "genpkey", "-algorithm", kind, *options]
    assert number >= 0
    return subprocess.run(argv, check=True, capture_output=True, timeout=60).stdout


def _key(path: Path, bits: int = 2048, kind: str = "RSA", number: int = 0) -> Path:
    """A key file; the same key for the same number, for each takes its time."""
    path.write_bytes(_private(bits, kind, number))
    path.chmod(0o600)
    return path


class Set:
    """An opendkim beside an instance, with one good key."""

    def __init__(self, make: MakeInstance, folder: Path) -> None:
        self.make = make
        self.key = _key(folder / "good.pem")
        self.conf: dict[str, str] = {"RequireSafeKeys": "no", "UserID": "root"}
        self.keys = [f"one falcot.example:mail:{self.key}"]
        self.signing = ["*@falcot.example one"]
        self.kind = "refile"
        self.main = MAIN

    def instance(self) -> Instance:
        instance = Instance.open(str(self.make(self.main, master=MASTER)))
        etc = Path(instance.config_dir).parent
        tables = etc / "opendkim"
        tables.mkdir(exist_ok=True)
        (tables / "KeyTable").write_text("".join(f"{row}\n" for row in self.keys))
        (tables / "SigningTable").write_text("".join(f"{row}\n" for row in self.signing))
        named = {"KeyTable": f"{tables}/KeyTable", "SigningTable": f"{self.kind}:{tables}/SigningTable"}
        conf = {**named, **self.conf}
        (etc / "opendkim.conf").write_text(
            "".join(f"{name} {value}\n" for name, value in conf.items() if value)
        )
        return instance


@pytest.fixture
def dkim(instance_dir: MakeInstance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Set:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "state"))
    return Set(instance_dir, tmp_path)


def found_in(instance: Instance) -> list[Finding]:
    return [each for each in examine(instance, FAMILIES) if each.id != "dkim-key-open"]


def only(dkim: Set, id_: str) -> tuple[Instance, Finding]:
    instance = dkim.instance()
    found = found_in(instance)
    mine = [each for each in found if each.id == id_]
    assert len(mine) == 1, [(each.id, each.title) for each in found]
    return instance, mine[0]


def mended(instance: Instance, finding: Finding) -> list[str]:
    """What is left once the offer is taken."""
    assert finding.fix is not None
    return [each.id for each in found_in(healed(instance, finding))]


def test_a_good_set_up_has_none(dkim: Set) -> None:
    assert not found_in(dkim.instance())


def test_no_opendkim_no_findings(instance_dir: MakeInstance) -> None:
    assert not found_in(Instance.open(str(instance_dir(MAIN, master=MASTER))))


def test_an_entry_that_names_no_key(dkim: Set) -> None:
    dkim.signing.append("*@other.example missing")
    instance, finding = only(dkim, "dkim-unknown-key")
    assert (finding.severity, finding.line) == ("error", 2)
    assert "451" in finding.why
    assert not mended(instance, finding)


def test_a_key_row_that_is_not_whole(dkim: Set) -> None:
    dkim.keys.append("two other.example:sel")
    dkim.signing.append("*@other.example two")
    _, finding = only(dkim, "dkim-key-row")
    assert finding.line == 2
    assert finding.file.endswith("KeyTable")


def test_a_bare_domain_in_a_refile(dkim: Set) -> None:
    dkim.signing = ["falcot.example one"]
    instance, finding = only(dkim, "dkim-pattern")
    assert "*@falcot.example" in finding.fix_words
    assert not mended(instance, finding)


def test_a_star_where_patterns_are_not_understood(dkim: Set) -> None:
    dkim.kind = "file"
    instance, finding = only(dkim, "dkim-pattern")
    assert "falcot.example" in finding.fix_words
    assert not mended(instance, finding)


def test_a_wildcard_that_shadows(dkim: Set) -> None:
    dkim.keys.append(f"two other.example:sel:{dkim.key}")
    dkim.signing = ["*@* one", "*@other.example two"]
    _, finding = only(dkim, "dkim-shadowed")
    assert finding.line == 2
    assert "line 1" in finding.why


def test_a_line_that_opendkim_passes_over(dkim: Set) -> None:
    dkim.signing.append("  *@falcot.org one")
    _, finding = only(dkim, "dkim-row")
    assert finding.line == 2


def test_what_keeps_it_from_starting(dkim: Set) -> None:
    dkim.conf["SigningTable"] = ""
    _, finding = only(dkim, "dkim-stops")
    assert "SigningTable" in finding.title


def test_a_pattern_that_is_none_keeps_it_from_starting(dkim: Set) -> None:
    dkim.signing.append("[x@falcot.org one")
    assert {each.id for each in found_in(dkim.instance())} >= {"dkim-stops"}


def test_more_entries_than_opendkim_signs_by(dkim: Set) -> None:
    dkim.conf["MultipleSignatures"] = "yes"
    dkim.keys += [f"two falcot.example:two:{dkim.key}", f"three falcot.example:three:{dkim.key}"]
    dkim.signing += ["*@falcot.example two", "*@falcot.example three"]
    _, finding = only(dkim, "dkim-too-many")
    assert "the first and the last" in finding.why


def test_a_key_that_is_not_there(dkim: Set, tmp_path: Path) -> None:
    dkim.keys = [f"one falcot.example:mail:{tmp_path}/none.pem"]
    _, finding = only(dkim, "dkim-key-unusable")
    assert f"{tmp_path}/none.pem" in finding.title


def test_a_key_that_others_may_read_names_the_node(dkim: Set) -> None:
    dkim.conf["RequireSafeKeys"] = "yes"
    os.chmod(dkim.key, 0o644)
    found = [each for each in found_in(dkim.instance()) if each.id == "dkim-key-unusable"]
    assert "/tmp: everybody may write it" in found[0].title  # the first node on the way that is minded
    assert "/etc/dkimkeys" in found[0].fix_words


def test_a_key_of_another_kind(dkim: Set, tmp_path: Path) -> None:
    dkim.keys = [f"one falcot.example:mail:{_key(tmp_path / 'ed.pem', kind='ED25519')}"]
    _, finding = only(dkim, "dkim-key-unusable")
    assert "SignatureAlgorithm" in finding.title


@pytest.mark.parametrize(("bits", "severity"), [(1024, "advice"), (768, "error")])
def test_a_short_key(dkim: Set, tmp_path: Path, bits: int, severity: str) -> None:
    dkim.keys = [f"one falcot.example:mail:{_key(tmp_path / 'short.pem', bits)}"]
    found = [each for each in found_in(dkim.instance()) if each.id == "dkim-key-short"]
    assert [each.severity for each in found] == [severity]


def test_an_old_key(dkim: Set) -> None:
    old = time.time() - 400 * 86400
    os.utime(dkim.key, (old, old))
    _, finding = only(dkim, "dkim-key-old")
    assert "400 days old" in finding.title


def test_a_key_that_nobody_needs(dkim: Set) -> None:
    dkim.keys.append(f"two other.example:sel:{dkim.key}")
    instance, finding = only(dkim, "dkim-key-unused")
    assert not mended(instance, finding)


def test_two_keys_of_one_selector(dkim: Set, tmp_path: Path) -> None:
    dkim.keys.append(f"two falcot.example:mail:{_key(tmp_path / 'other.pem', number=1)}")
    dkim.signing.insert(0, "jean@falcot.example two")
    _, finding = only(dkim, "dkim-selector-twice")
    assert finding.severity == "error"


@pytest.mark.parametrize("state", ["no", "different"])
def test_a_record_that_dns_lacks(dkim: Set, state: Published) -> None:
    instance = dkim.instance()
    told = (Seen("ns1", "192.0.2.1", state, "why"),)
    seen = Publication("mail._domainkey.falcot.example", told, time.time())
    place = folder(label(instance.config_dir), make=True)
    store.save(place, Memory().with_(Kept("falcot.example", "mail", active=1.0, seen=seen)))
    found = [each for each in found_in(instance) if each.id == "dkim-unpublished"]
    assert [each.severity for each in found] == ["error"]
    assert "ns1: why" in found[0].why


def test_a_domain_without_a_key(dkim: Set) -> None:
    dkim.main = MAIN.replace("falcot.example", "falcot.example, falcot.org")
    _, finding = only(dkim, "dkim-domain-unsigned")
    assert "falcot.org" in finding.title
    assert "mailtui dkim generate falcot.org" in finding.fix_words


def test_clients_that_are_no_internal_hosts(dkim: Set, tmp_path: Path) -> None:
    hosts = tmp_path / "TrustedHosts"
    hosts.write_text("127.0.0.1\n::1\n")
    dkim.conf["InternalHosts"] = str(hosts)
    dkim.main = MAIN.replace("127.0.0.0/8", "127.0.0.0/8 [::1]/128 192.0.2.0/24 [2001:db8::]/32")
    instance, finding = only(dkim, "dkim-internal-hosts")
    assert "192.0.2.0/24, 2001:db8::/32" in finding.title
    assert not mended(instance, finding)


def test_internal_hosts_that_are_not_set_are_this_host_alone(dkim: Set) -> None:
    dkim.main = MAIN.replace("127.0.0.0/8", "127.0.0.0/8 192.0.2.0/24")
    _, finding = only(dkim, "dkim-internal-hosts")
    assert finding.fix is None


def test_a_mode_that_signs_nothing(dkim: Set) -> None:
    dkim.conf["Mode"] = "v"
    instance, finding = only(dkim, "dkim-mode")
    assert not mended(instance, finding)
