"""Which key signs for whom: decided here, and by the real opendkim, over tables made at random."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from mailtui.milters.dkim.config import DkimConfig
from mailtui.milters.dkim.signing import decide
from mailtui.milters.dkim.startup import stops
from mailtui.postfix.files import Files
from tests.lab.milterclient import Verdict
from tests.lab.opendkims import OpenDkim, private_key
from tests.laws.whole import sample, tally

USERS = ["jean", "laure", "Jean", "jean+x"]
DOMAINS = [
    "falcot.example",
    "sub.falcot.example",
    "deep.sub.falcot.example",
    "other.example",
    "FALCOT.example",
    "example",
]
ASKED = [f"{user}@{domain}" for user in USERS for domain in DOMAINS]
NAMES = ["one", "two", "three", "falcot.example", "other.example", "One"]


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    for name in ("a", "b", "falcot.example", "other.example"):
        private_key(folder / f"{name}.pem")
    return folder


def _key_row(dice: random.Random, name: str, keys: Path) -> str:
    domain = dice.choice(["falcot.example", "other.example", "sub.falcot.example", "%", "%"])
    path = dice.choice(["a.pem", "b.pem", "%.pem" if domain != "%" else "a.pem"])
    path = "a.pem" if path == "%.pem" and domain == "sub.falcot.example" else path
    broken = dice.random()
    if broken < 0.04:
        return f"{name} {domain}:sel"
    if broken < 0.08:
        return f"{name} {domain}::{keys}/a.pem"
    return f"{name}{dice.choice([' ', chr(9), '  '])}{domain}:s-{name.lower()}:{keys}/{path}"


def _pattern(dice: random.Random, kind: str) -> str:
    user, domain = dice.choice(USERS), dice.choice(DOMAINS)
    if kind == "refile":
        shapes = [f"*@{domain}", f"{user}@{domain}", f"*@*.{domain}", domain, "*", f"{user}@*", f"*.{domain}",
                  f"[jl]*@{domain}", f"(jean|laure)@{domain}", f"*@*{domain}"]  # fmt: skip
    else:
        shapes = [domain, f".{domain}", f"{user}@{domain}", f"{user}@.{domain}", f"{user}@*", "*",
                  f"*@{domain}", f".{domain.rpartition('.')[2]}"]  # fmt: skip
    return dice.choice(shapes)


def _value(dice: random.Random) -> str:
    name = dice.choice([*NAMES, "%", "missing"]) if dice.random() < 0.35 else dice.choice(NAMES[:3])
    who = dice.random()
    if who < 0.06:
        return f"{name}:@%"
    if who < 0.12:
        return f"{name}:me@falcot.example"
    return f"{name}:bare" if who < 0.14 else name


def _signing_rows(dice: random.Random, kind: str) -> list[str]:
    rows = []
    for _ in range(dice.randint(1, 6)):
        row = f"{_pattern(dice, kind)} {_value(dice)}"
        odd = dice.random()
        if odd < 0.05:
            row = f"  {row}"
        elif odd < 0.10:
            row += "   # a comment"
        elif odd < 0.13:
            row = f"# {row}"
        rows.append(row)
    return rows


def _tables(seed: int, folder: Path, keys: Path) -> dict[str, str]:
    """A set-up by KeyTable and SigningTable."""
    dice = random.Random(seed)
    kind = dice.choice(["refile", "refile", "file", "", "csl"])
    rows = _signing_rows(dice, kind)
    names = dice.sample(NAMES, dice.randint(2, len(NAMES)))
    table = [_key_row(dice, name, keys) for name in names]
    (folder / "KeyTable").write_text("\n".join(table) + "\n")
    signing = f"{kind}:{folder}/SigningTable" if kind else f"{folder}/SigningTable"
    (folder / "SigningTable").write_bytes(
        ("\r\n" if dice.random() < 0.1 else "\n").join([*rows, ""]).encode()
    )
    if kind == "csl":
        live = [row for row in rows if not row.startswith("#")]
        signing = "csl:" + ",".join("=".join(row.partition("#")[0].split()) for row in live)
    return {
        "KeyTable": f"{dice.choice(['', 'file:'])}{folder}/KeyTable", "SigningTable": signing,
        "MultipleSignatures": dice.choice(["", "", "yes"]),
    }  # fmt: skip


def _single(seed: int, folder: Path, keys: Path) -> dict[str, str]:
    """A set-up by Domain, KeyFile and Selector."""
    dice = random.Random(seed)
    domains = dice.sample([*DOMAINS, "*"], dice.randint(1, 3))
    written = ", ".join(domains)
    if dice.random() < 0.4:
        (folder / "domains").write_text("\n".join(domains) + "\n")
        written = f"{dice.choice(['', 'file:', 'refile:'])}{folder}/domains"
    return {
        "Domain": written, "KeyFile": f"{keys}/a.pem", "Selector": "sel",
        "SubDomains": dice.choice(["", "yes", "no"]),
    }  # fmt: skip


def _seen(verdict: Verdict) -> tuple[object, ...]:
    made = [(tags["d"], tags["s"], tags.get("i", "")) for tags in verdict.signatures()]
    if made:
        return ("signed", *made)
    return ("refused",) if verdict.answer in {"tempfail", "reply", "reject"} else ("unsigned",)


def _decided(config: DkimConfig, address: str) -> tuple[object, ...]:
    found = decide(config, address)
    if found.state != "signed":
        return (found.state,)
    return ("signed", *((each.domain, each.selector, each.identity) for each in found.requests))


def _tried(program: OpenDkim) -> list[str]:
    """What differs: whether it starts, and whom it signs for then."""
    config = DkimConfig.read(str(program.config), Files())
    expected = [stop.what for stop in stops(config)]
    said = program.start()
    if said or expected:
        program.stop()
        return [] if said and expected else [f"opendkim says {said!r}, mailtui {expected}"]
    try:
        return _differences(program, config)
    finally:
        program.stop()


def _differences(program: OpenDkim, config: DkimConfig) -> list[str]:
    found = []
    for address in ASKED:
        ours, theirs = _decided(config, address), _seen(program.ask(address))
        if ours != theirs:
            found.append(f"{address}: mailtui says {ours}, opendkim {theirs}")
    return found


def _text(folder: Path) -> str:
    return "".join(
        f"--- {path.name}\n{path.read_text()}" for path in sorted(folder.iterdir()) if path.is_file()
    )


@pytest.mark.law
@pytest.mark.parametrize("seed", sample(range(600), 5, "dkim tables"))
def test_tables_lead_to_the_keys_that_opendkim_takes(seed: int, tmp_path: Path, keys: Path) -> None:
    found = _tried(OpenDkim(tmp_path, _tables(seed, tmp_path, keys)))
    assert not found, "\n".join([*found, _text(tmp_path)])
    tally("the key that opendkim takes", setups=1, addresses=len(ASKED))


@pytest.mark.law
@pytest.mark.parametrize("seed", sample(range(200), 3, "dkim single"))
def test_a_single_key_signs_for_whom_opendkim_says(seed: int, tmp_path: Path, keys: Path) -> None:
    found = _tried(OpenDkim(tmp_path, _single(seed, tmp_path, keys)))
    assert not found, "\n".join([*found, _text(tmp_path)])
    tally("the key that opendkim takes", setups=1, addresses=len(ASKED))
