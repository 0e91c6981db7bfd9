"""Classes made, renamed and removed with their uses; templates staged and taken back."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailtui.edits import classplan
from mailtui.edits.candidate import Candidate
from mailtui.edits.plan import Plan
from mailtui.edits.ruletemplates import TEMPLATES
from mailtui.formats.target import Target
from mailtui.postfix.chains import chains
from mailtui.postfix.instance import Instance

MAIN = """\
compatibility_level = 3.6
myhostname = mx.example
smtpd_restriction_classes = grey, both
grey = check_policy_service inet:127.0.0.1:10023
both = warn_if_reject grey, reject_unlisted_recipient
smtpd_recipient_restrictions =
    check_recipient_access hash:{folder}/rcpt,
    # slow
    grey,
    check_client_access pcre:{folder}/pcre
"""


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    (tmp_path / "main.cf").write_text(MAIN.format(folder=tmp_path))
    (tmp_path / "master.cf").write_text(
        "smtp inet n - n - - smtpd\nsubmission inet n - n - - smtpd\n  -o smtpd_client_restrictions=grey,permit\n"
    )
    (tmp_path / "rcpt").write_text("joe@x grey\njane@x reject_plaintext_session, grey\ngrey@x OK\n")
    (tmp_path / "pcre").write_text("/^a/ grey\n")
    return Instance.open(str(tmp_path))


def over(instance: Instance, plan: Plan) -> Instance:
    candidate = Candidate(instance.files, plan.edits)
    assert not plan.refused, plan.refused
    assert not candidate.conflicts
    assert not candidate.stopped
    return instance.over(candidate)


def back(instance: Instance, plan: Plan) -> None:
    """Every edit taken back in turn leaves each file as it was."""
    edits = [*plan.edits, *(edit.inverse() for edit in reversed(plan.edits))]
    candidate = Candidate(instance.files, edits)
    assert not candidate.conflicts
    assert not candidate.stopped
    for path in {edit.target.path for edit in plan.edits}:
        if Path(path).exists():
            assert candidate.raw(path).decode() == Path(path).read_text()
        else:  # nor is one made that was not there
            assert path not in {change.target.path for change in candidate.changes}


def test_made(instance: Instance) -> None:
    plan = classplan.make(instance, "mine", ["permit_mynetworks", "check_client_access cidr:/x"])
    after = over(instance, plan)
    assert after.parameters.effective("smtpd_restriction_classes") == "grey, both, mine"
    assert after.parameters.effective("mine") == "permit_mynetworks, check_client_access cidr:/x"
    back(instance, plan)
    for name, rules in (
        ("permit", ["reject"]),
        ("a-b", ["reject"]),
        ("grey", ["reject"]),
        ("x", []),
        ("x", ["a b"]),
    ):
        assert classplan.make(instance, name, rules).refused


def test_renamed_wherever_it_is_used(instance: Instance) -> None:
    plan = classplan.rename(instance, "grey", "slow")
    after = over(instance, plan)
    assert (
        after.files.raw(f"{instance.config_dir}/rcpt")
        == b"joe@x slow\njane@x reject_plaintext_session, slow\ngrey@x OK\n"
    )
    text = after.files.raw(instance.main.path).decode()
    assert "both = warn_if_reject slow, reject_unlisted_recipient" in text
    assert "slow = check_policy_service" in text
    assert "    # slow\n    slow,\n" in text
    assert b"-o smtpd_client_restrictions=slow,permit" in after.files.raw(instance.master.path)
    assert plan.says == (f"pcre:{instance.config_dir}/pcre names grey: change it there",)
    assert not classplan.uses(after, "grey").rules
    back(instance, plan)


def test_removed_with_its_uses(instance: Instance) -> None:
    plan = classplan.take_out(instance, "grey")
    after = over(instance, plan)
    assert after.files.raw(f"{instance.config_dir}/rcpt") == b"jane@x reject_plaintext_session\ngrey@x OK\n"
    assert after.parameters.effective("smtpd_restriction_classes") == "both"
    assert after.parameters.effective("both") == "reject_unlisted_recipient"
    assert b"grey" not in after.files.raw(instance.master.path)
    assert not [row for chain in chains(after, after, "smtp") for row in chain.rows if not row.known]
    main = Path(instance.main.path)
    main.write_text(main.read_text().replace("warn_if_reject grey, reject_unlisted_recipient", "grey"))
    assert "would be empty" in classplan.take_out(Instance.open(instance.config_dir), "grey").refused


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
@pytest.mark.parametrize("bare", [True, False])
def test_templates(instance: Instance, tmp_path: Path, template: object, bare: bool) -> None:
    from mailtui.edits.ruletemplates import Template

    assert isinstance(template, Template)
    if bare:
        (tmp_path / "main.cf").write_text("compatibility_level = 3.6\nmyhostname = mx.example\n")
        instance = Instance.open(str(tmp_path))
    plan = template.plan(instance)
    after = over(instance, plan)
    assert not template.plan(after).edits
    view = chains(instance, after, "smtp")
    assert not [row.states for chain in view for row in chain.rows if not row.known or row.unreachable]
    back(instance, plan)
    assert Target("main.cf", instance.main.path) == instance.main
