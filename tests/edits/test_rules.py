"""One rule of a restriction list: put in, moved, changed, removed, switched; layout and comments survive."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailtui.edits import ruleplan
from mailtui.edits.candidate import Candidate
from mailtui.edits.draft import Draft
from mailtui.edits.model import Conflict, Edit
from mailtui.edits.plan import Plan
from mailtui.edits.rules import InsertRule, MoveRule, RemoveRule, RuleEdit, SetRule, SwitchRule
from mailtui.edits.store import from_json, to_json
from mailtui.formats.document import parse
from mailtui.formats.splice import Refused
from mailtui.formats.target import Target
from mailtui.postfix.chainrows import Chain, RuleRow
from mailtui.postfix.chains import chains
from mailtui.postfix.files import Files
from mailtui.postfix.instance import Instance
from mailtui.postfix.rulelists import main_list, option_list
from tests.postconf import postconf

MAIN = Target("main.cf", "/etc/postfix/main.cf")
NAME = "smtpd_client_restrictions"
RULES = (
    "permit_mynetworks", "warn_if_reject reject_unknown_client_hostname", "check_client_access hash:/etc/c",
    "reject_rbl_client zen.example=127.0.0.[2..11]", "mine", "$own", "inline:{a=OK, {b = REJECT no}}",
    "check_policy_service {inet:127.0.0.1:10023, default_action=DUNNO}", "sleep 1", "permit",
)  # fmt: skip
MASTER = (
    "smtp inet n - n - - smtpd\nsubmission inet n - n - - smtpd\n  -o syslog_name=x\n{option}  -o biff=no\n"
)


def one_a_line(rules: list[str]) -> str:
    return f"{NAME} =\n" + ",\n".join(f"    {rule}" for rule in rules) + "\n"


def on_one_line(rules: list[str]) -> str:
    return f"{NAME} = {', '.join(rules)}\n"


def with_blanks(rules: list[str]) -> str:
    return f"{NAME} =\n" + "".join(f"\t{rule}\n" for rule in rules)


def with_comments(rules: list[str]) -> str:
    lines = [f"    # on rule {number}\n    {rule}" for number, rule in enumerate(rules)]
    return f"{NAME} =\n" + ",\n".join(lines) + "\n"


LAYOUTS = (one_a_line, on_one_line, with_blanks, with_comments)


def done(raw: bytes, edit: Edit) -> bytes:
    document: Any = parse(edit.target.format, raw)
    after: bytes = document.spliced(edit.splices(document)).raw
    return after


def rules_of(raw: bytes, *, enabled: bool = True) -> list[str]:
    document: Any = parse("main.cf", raw)
    found = main_list(document, NAME)
    return [rule.text for rule in found.rules if rule.enabled is enabled] if found else []


def row_of(raw: bytes, number: int) -> tuple[str, int, tuple[str, ...], tuple[str | None, int]]:
    """A rule in force as edits name it: text, which of those alike, comments, and the rule below it."""
    document: Any = parse("main.cf", raw)
    found = main_list(document, NAME)
    assert found is not None
    rule, below = found.live[number], found.live[number + 1 : number + 2]
    after = (below[0].text, below[0].number) if below else (None, 0)
    return (rule.text, rule.number, rule.comments, after)


lists = st.lists(st.sampled_from(RULES), min_size=1, max_size=6, unique=True)
layouts = st.sampled_from(LAYOUTS)


@given(lists, layouts, st.sampled_from(RULES), st.data())
@settings(max_examples=150, deadline=None)
def test_inserted_anywhere_and_back(rules: list[str], layout: Any, new: str, data: st.DataObject) -> None:
    raw = ("a = b\n" + layout(rules) + "z = y\n").encode()
    at = data.draw(st.integers(0, len(rules)))
    texts = rules_of(raw)
    before = texts[at] if at < len(texts) else None
    edit = InsertRule(MAIN, NAME, "", new, texts[:at].count(new), None, before)
    if before == new or texts[at - 1 : at] == [new]:
        return  # the same rule twice in a row: it stands there already
    after = done(raw, edit)
    assert rules_of(after) == [*texts[:at], new, *texts[at:]]
    assert after.startswith(b"a = b\n")
    assert after.endswith(b"z = y\n")
    for comment in [line for line in raw.splitlines() if b"#" in line]:
        assert comment in after.splitlines()
    assert done(after, edit) == after
    back = done(after, edit.inverse())
    if layout is on_one_line or len(rules) > 1:
        assert back == raw


@given(lists.filter(lambda rules: len(rules) > 1), layouts, st.data())
@settings(max_examples=150, deadline=None)
def test_moved_and_back(rules: list[str], layout: Any, data: st.DataObject) -> None:
    raw = layout(rules).encode()
    at = data.draw(st.integers(0, len(rules) - 1))
    to = data.draw(st.integers(0, len(rules)))
    rule, number, _, was = row_of(raw, at)
    before = rules[to] if to < len(rules) else None
    edit = MoveRule(MAIN, NAME, "", rule, number, None, before, 0, *was, 0)
    after = done(raw, edit)
    left = [each for each in rules if each != rule]
    where = left.index(before) if before in left else len(left) if before is None else at
    assert rules_of(after) == [*left[:where], rule, *left[where:]]
    if layout is with_comments:
        lines = after.decode().splitlines()
        where_now = next(n for n, line in enumerate(lines) if line.strip(" ,") == rule)
        assert lines[where_now - 1].strip() == f"# on rule {at}"
    assert done(after, edit.inverse()) == raw


@given(lists, layouts, st.data(), st.booleans())
@settings(max_examples=150, deadline=None)
def test_removed_and_back(rules: list[str], layout: Any, data: st.DataObject, takes: bool) -> None:
    raw = layout(rules).encode()
    at = data.draw(st.integers(0, len(rules) - 1))
    rule, number, comments, was = row_of(raw, at)
    edit = RemoveRule(MAIN, NAME, "", rule, number, None, *was, comments, takes, on=True)
    after = done(raw, edit)
    assert rules_of(after) == [*rules[:at], *rules[at + 1 :]]
    assert (f"# on rule {at}".encode() in after) is (layout is with_comments and not takes)
    assert done(after, edit) == after
    back = done(after, edit.inverse())
    assert rules_of(back) == rules
    if len(rules) > 2:  # of two, what is left shows no habit
        assert back == raw


@given(lists, layouts, st.data())
@settings(max_examples=150, deadline=None)
def test_switched_off_and_on(rules: list[str], layout: Any, data: st.DataObject) -> None:
    rules = [rule for rule in rules if rule not in {"mine", "$own"}] or ["permit"]
    raw = layout(rules).encode()
    at = data.draw(st.integers(0, len(rules) - 1))
    edit = SwitchRule(MAIN, NAME, "", rules[at], 0, None, on=False, to_number=0)
    after = done(raw, edit)
    assert rules_of(after) == [*rules[:at], *rules[at + 1 :]]
    assert rules_of(after, enabled=False) == [rules[at]]
    assert done(after, edit) == after
    back = done(after, edit.inverse())
    assert rules_of(back) == rules
    if layout is not on_one_line:
        assert back == raw


@given(lists, layouts, st.sampled_from(RULES), st.data())
@settings(max_examples=150, deadline=None)
def test_changed_and_back(rules: list[str], layout: Any, new: str, data: st.DataObject) -> None:
    if new in rules:
        return
    raw = layout(rules).encode()
    at = data.draw(st.integers(0, len(rules) - 1))
    rule, number, comments, _ = row_of(raw, at)
    said = ("    # other words",) if layout is with_comments else None
    was = comments if said else None
    edit = SetRule(MAIN, NAME, "", rule, number, None, new, 0, said, was)
    after = done(raw, edit)
    assert rules_of(after) == [*rules[:at], new, *rules[at + 1 :]]
    assert (b"# other words" in after) is bool(said)
    assert done(after, edit) == after
    assert done(after, edit.inverse()) == raw


# -- in a service's -o


@given(
    st.lists(st.sampled_from([rule for rule in RULES if "$" not in rule]), min_size=1, max_size=5, unique=True),
    st.booleans(), st.data(),
)  # fmt: skip
@settings(max_examples=150, deadline=None)
def test_in_an_override(rules: list[str], lines: bool, data: st.DataObject) -> None:
    """Whatever is done, master(8)'s reading of all else is the same, and the list is the wanted one."""
    gap = ",\n      " if lines else ", "
    value = gap.join(rules)
    plain = not lines and all(" " not in rule and "{" not in rule for rule in rules)
    option = f"  -o {NAME}={','.join(rules)}\n" if plain else f"  -o {{ {NAME} = {value} }}\n"
    raw = MASTER.format(option=option).encode()
    target = Target("master.cf", "/etc/postfix/master.cf")
    at = data.draw(st.integers(0, len(rules) - 1))
    rule = rules[at]
    below = rules[at + 1] if at + 1 < len(rules) else None
    first = (target, NAME, "submission/inet")
    new = "check_helo_access cidr:/etc/new"
    cases: list[tuple[RuleEdit, list[str]]] = [
        (InsertRule(*first, new, 0, None, rule), [*rules[:at], new, *rules[at:]]),
        (InsertRule(*first, new, 0, None, rule, 0, ("why",)), [*rules[:at], new, *rules[at:]]),
        (InsertRule(*first, "reject", 0, None, None), [*rules, "reject"]),
        (
            RemoveRule(*first, rule, 0, None, below, 0, (), takes=False, on=True),
            [*rules[:at], *rules[at + 1 :]],
        ),
        (SetRule(*first, rule, 0, None, new, 0), [*rules[:at], new, *rules[at + 1 :]]),
        (
            MoveRule(*first, rule, 0, None, None, 0, below, 0, 0),
            [*(each for each in rules if each != rule), rule],
        ),
    ]
    if rule != "mine":
        cases.append((SwitchRule(*first, rule, 0, None, False, 0), [*rules[:at], *rules[at + 1 :]]))
    for edit, wanted in cases:
        document: Any = parse("master.cf", raw)
        after: Any = document.spliced(edit.splices(document))
        found = option_list(after, "submission/inet", NAME)
        assert found is not None
        assert [each.text for each in found.live] == wanted, edit.describe()
        assert [(o.name, o.value) for o in after.get("submission", "inet").options if o.name != NAME] == [
            ("syslog_name", b"x"), ("biff", b"no")
        ]  # fmt: skip
        assert after.entries()[0] == document.entries()[0]
        assert done(after.raw, edit) == after.raw
        back: Any = after.spliced(edit.inverse().splices(after))
        returned = option_list(back, "submission/inet", NAME)
        assert returned is not None
        assert [each.text for each in returned.live] == rules, edit.describe()


# -- with an instance


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    (tmp_path / "main.cf").write_text(
        "compatibility_level = 3.6\nmyhostname = mx.example\nown = permit_mynetworks, permit_sasl_authenticated\n"
        "smtpd_sender_restrictions =\n    $own\n    # bad people\n    check_sender_access inline:{a=REJECT}\n"
        "#    reject_unlisted_sender\n    reject_non_fqdn_sender\n"
    )
    (tmp_path / "master.cf").write_text(MASTER.format(option="  -o smtpd_helo_restrictions=\n"))
    return Instance.open(str(tmp_path))


def listed(instance: Instance, stage: str, service: str = "smtp/inet") -> Chain:
    chain = chains(instance, instance, service).chain(stage)
    assert chain is not None
    return chain


def written(instance: Instance, plan: Plan) -> Instance:
    """The instance with a plan's edits over it; each goes through a draft's file."""
    assert not plan.refused, plan.refused
    edits = [from_json(json.loads(json.dumps(to_json(edit)))) for edit in plan.edits]
    assert edits == list(plan.edits)
    candidate = Candidate(instance.files, edits)
    assert not candidate.conflicts
    assert not candidate.stopped
    return instance.over(candidate)


def texts(rows: tuple[RuleRow, ...]) -> list[str]:
    return [row.text for row in rows]


def test_a_list_that_is_not_set_is_written_out_with_its_default(instance: Instance) -> None:
    relay = listed(instance, "relay")
    assert texts(relay.live) == ["permit_mynetworks", "permit_sasl_authenticated", "defer_unauth_destination"]
    plan = ruleplan.insert(instance, relay.place, "check_client_access cidr:/etc/x", relay.rows[0])
    assert "written out first" in plan.says[0]
    after = written(instance, plan)
    raw = after.files.raw(instance.main.path).decode()
    assert raw.endswith(
        "smtpd_relay_restrictions = check_client_access cidr:/etc/x, permit_mynetworks,"
        " permit_sasl_authenticated, defer_unauth_destination\n"
    )
    back = Candidate(instance.files, [*plan.edits, plan.edits[0].inverse()])
    assert back.raw(instance.main.path) == Path(instance.main.path).read_bytes()


def test_a_service_gets_its_own_list_from_main_cfs(instance: Instance) -> None:
    from mailtui.postfix.chainread import ServiceLists

    place = ServiceLists(instance, "submission/inet").own_place("smtpd_sender_restrictions")
    after = written(instance, ruleplan.insert(instance, place, "reject"))
    sender = listed(after, "sender", "submission/inet")
    assert texts(sender.live)[-1] == "reject"
    assert sender.overridden
    assert texts(listed(after, "sender").live) == texts(listed(instance, "sender").live)


def test_a_rule_that_came_by_a_reference_is_changed_where_it_stands(instance: Instance) -> None:
    sender = listed(instance, "sender")
    login = next(row for row in sender.rows if row.name == "permit_sasl_authenticated")
    assert (login.via, login.place.name) == (("$own",), "own")
    after = written(instance, ruleplan.remove(instance, login))
    assert b"own = permit_mynetworks\n" in after.files.raw(instance.main.path)
    assert "stays within its own list" in ruleplan.move(instance, login, sender.rows[-1]).refused


def test_off_rules_are_shown_brought_back_and_taken_out(instance: Instance) -> None:
    off = next(row for row in listed(instance, "sender").rows if not row.enabled)
    assert (off.name, off.marker) == ("reject_unlisted_sender", " ")
    on = written(instance, ruleplan.switch(instance, off))
    assert "reject_unlisted_sender" in texts(listed(on, "sender").live)
    gone = written(instance, ruleplan.remove(instance, off))
    assert b"reject_unlisted_sender" not in gone.files.raw(instance.main.path)
    assert "switch it on" in ruleplan.change(instance, off, warn_only=True).refused


def test_steps_merge_and_one_can_be_dropped(instance: Instance) -> None:
    draft = Draft()
    now = instance
    for by in (1, 1):
        sender = listed(now, "sender")
        row = next(each for each in sender.rows if each.kind == "reference")
        draft.stage(*ruleplan.step(now, sender, row, by).edits)
        now = instance.over(Candidate(instance.files, draft.edits))
    assert len(draft) == 1
    draft.stage(*ruleplan.insert(now, listed(now, "sender").place, "reject_unknown_sender_domain").edits)
    move, insert = draft.edits
    assert isinstance(move, MoveRule)
    draft.drop(move)
    assert draft.edits == (insert,)
    draft.stage(insert.inverse())
    assert not draft.edits


def test_someone_elses_change_is_a_conflict(tmp_path: Path) -> None:
    raw = b"smtpd_client_restrictions = permit_mynetworks, reject\n"
    for edit in (
        InsertRule(MAIN, NAME, "", "permit_sasl_authenticated", 0, None, "permit_inet_interfaces"),
        MoveRule(MAIN, NAME, "", "defer", 0, None, "reject", 0, None, 0, 0),
        SetRule(MAIN, NAME, "", "defer", 0, None, "reject_plaintext_session", 0),
        SwitchRule(MAIN, NAME, "", "defer", 0, None, on=False, to_number=0),
    ):
        with pytest.raises(Conflict) as caught:
            done(raw, edit)
        assert caught.value.theirs == ("permit_mynetworks", "reject")
    assert done(raw, RemoveRule(MAIN, NAME, "", "defer", 0, None, None, 0, (), takes=True, on=True)) == raw
    with pytest.raises(Refused):
        done(raw, InsertRule(MAIN, NAME, "", "permit reject", 0, None))


def test_the_real_postconf_reads_the_intended_list(instance: Instance, tmp_path: Path) -> None:
    for stage, service in (("sender", "smtp/inet"), ("helo", "submission/inet")):
        chain = listed(instance, stage, service)
        plan = ruleplan.insert(instance, chain.place, "check_helo_access pcre:/etc/helo", None, ("why",))
        after = written(instance, plan)
        folder = tmp_path / service.partition("/")[0]
        folder.mkdir()
        for path in (instance.main.path, instance.master.path):
            (folder / Path(path).name).write_bytes(after.files.raw(path))
        wanted = ", ".join(texts(listed(after, stage, service).live))
        if service == "smtp/inet":
            _, out, _ = postconf(folder, "-xh", chain.place.name)
        else:
            _, out, _ = postconf(folder, "-Ph", f"{service}/{chain.place.name}")
        read = [word for word in out.decode().replace(",", " ").split() if word]
        assert read == wanted.replace(",", " ").split()


def test_files_are_read_once(instance: Instance) -> None:
    assert isinstance(instance.files, Files)
    assert chains(instance, instance, "smtp") == chains(instance, instance, "smtp/inet")
