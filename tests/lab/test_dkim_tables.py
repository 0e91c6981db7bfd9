"""Set-ups that are moved and rotated: the real opendkim signs the same mail in the same name as before."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from mailtui.edits.candidate import Candidate
from mailtui.edits.dkimplan import activate
from mailtui.edits.dkimtables import new_tables, to_tables
from mailtui.edits.folders import FolderEdit
from mailtui.edits.model import Edit
from mailtui.milters.dkim.config import DkimConfig
from mailtui.milters.dkim.keyrows import keys, look
from mailtui.postfix.files import Files
from tests.lab.opendkims import OpenDkim, private_key
from tests.laws.whole import sample, tally

DOMAINS = ["falcot.example", "sub.falcot.example", "other.example", "example"]
ASKED = [
    f"jean@{domain}" for domain in [*DOMAINS, "deep.sub.falcot.example", "x.other.example", "nobody.example"]
]


def _write(config: DkimConfig, edits: list[Edit]) -> None:
    over = Candidate(config.files, edits)
    assert not over.conflicts
    assert not over.stopped
    for edit in edits:
        if isinstance(edit, FolderEdit):
            Path(edit.target.path).mkdir()
    for change in over.changes:
        Path(change.target.path).write_bytes(change.after)


def _signs(program: OpenDkim) -> dict[str, list[tuple[str, str, str]]]:
    said = program.start()
    assert not said, said
    try:
        return {
            address: [(t["d"], t["s"], t.get("i", "")) for t in program.ask(address).signatures()]
            for address in ASKED
        }
    finally:
        program.stop()


@pytest.mark.law
@pytest.mark.parametrize("seed", sample(range(60), 4, "dkim moves"))
def test_moving_to_tables_changes_no_signature(seed: int, tmp_path: Path) -> None:
    dice = random.Random(seed)
    domains = dice.sample(DOMAINS, dice.randint(1, 3)) if dice.random() < 0.9 else ["*"]
    key = private_key(tmp_path / "a.pem")
    settings = {
        "Domain": ", ".join(domains), "KeyFile": str(key), "Selector": "sel",
        "SubDomains": dice.choice(["yes", "no"]),
    }  # fmt: skip
    program = OpenDkim(tmp_path, settings)
    before = _signs(program)
    config = DkimConfig.read(str(program.config), Files())
    _write(config, to_tables(config, new_tables(config)))
    assert _signs(program) == before
    assert any(before.values())
    tally("set-ups moved to tables", setups=1)


@pytest.mark.law
@pytest.mark.parametrize("seed", sample(range(60), 5, "dkim rotations"))
def test_activation_turns_one_domain_and_no_other(seed: int, tmp_path: Path) -> None:
    dice = random.Random(seed)
    old, new = private_key(tmp_path / "old.pem"), private_key(tmp_path / "new.pem")
    program = OpenDkim(tmp_path, _some_setup(dice, tmp_path, old))
    before = _signs(program)
    domain = dice.choice(DOMAINS[:3])
    config = DkimConfig.read(str(program.config), Files())
    plan = activate(config, look(config, domain, "fresh", str(new), configured=False))
    assert not plan.refused, (plan.refused, program.config.read_text())
    _write(config, list(plan.edits))
    after = _signs(program)
    for address, made in after.items():
        was = before[address]
        mine = address.endswith(f"@{domain}")
        if mine or (was and was[0][0] == domain):
            assert made[0][:2] == (domain, "fresh"), (address, was, made)
        else:
            assert made == was, (address, was, made)
    held = {
        row.selector for row in keys(DkimConfig.read(str(program.config), Files())) if row.domain == domain
    }
    assert "fresh" in held
    tally("rotations", setups=1)


def _some_setup(dice: random.Random, folder: Path, key: Path) -> dict[str, str]:
    kind = dice.choice(["single", "several", "none", "refile", "file", "percent"])
    if kind in {"single", "several"}:
        domains = DOMAINS[:1] if kind == "single" else DOMAINS[:2]
        return {"Domain": ",".join(domains), "KeyFile": str(key), "Selector": "old"}
    if kind == "none":
        return {}
    names = {domain: f"old._domainkey.{domain}" for domain in DOMAINS[:2]}
    if kind == "percent":
        (folder / "KeyTable").write_text(f"all %:old:{key}\n")
        (folder / "SigningTable").write_text("*@* all\n")
    else:
        (folder / "KeyTable").write_text("".join(f"{names[d]} {d}:old:{key}\n" for d in names))
        pattern = "*@" if kind == "refile" else ""
        rows = [f"{pattern}{d} {names[d]}\n" for d in names]
        if dice.random() < 0.5:
            rows.append("* " + names[DOMAINS[0]] + "\n")
        (folder / "SigningTable").write_text("".join(rows))
    signing = "refile" if kind in {"refile", "percent"} else "file"
    return {"KeyTable": f"{folder}/KeyTable", "SigningTable": f"{signing}:{folder}/SigningTable"}
