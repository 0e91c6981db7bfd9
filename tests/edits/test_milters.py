"""Milters put in, moved, changed, off and on, out again: in main.cf as in a service's -o, layout and comments kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailtui.edits import milters
from mailtui.edits.candidate import Candidate
from mailtui.edits.draft import merged
from mailtui.edits.plan import Plan
from mailtui.edits.store import from_json, to_json
from mailtui.formats.lists import items
from mailtui.formats.milteritem import item_text
from mailtui.milters.chains import MilterChain, milter_chains
from mailtui.postfix.errors import InstanceError
from mailtui.postfix.instance import Instance
from tests.postfix.conftest import MakeInstance, instance_dir, postconf, put

__all__ = ["instance_dir"]

MAIN = """\
# before
smtpd_milters =
    # signs since 2019
    inet:127.0.0.1:18891,
    $more,
#    { unix:clamav/x.sock, default_action=accept },
    { inet:[::1]:18892, connect_timeout=3s }
more = unix:third
non_smtpd_milters = $smtpd_milters
"""
MASTER = """\
smtp inet n - y - - smtpd
submission inet n - y - - smtpd
  -o syslog_name=x
  -o smtpd_milters=inet:localhost:1,unix:two
  -o biff=no
10025 inet n - n - - smtpd
  -o smtpd_milters=
cleanup unix n - n - 0 cleanup
"""


@pytest.fixture
def instance(instance_dir: MakeInstance) -> Instance:
    return Instance.open(str(instance_dir(MAIN, master=MASTER)))


def after(instance: Instance, plan: Plan) -> Instance:
    """With the plan written; its edits survive a saved draft."""
    assert plan.edits, plan
    assert tuple(from_json(json.loads(json.dumps(to_json(edit)))) for edit in plan.edits) == plan.edits
    candidate = Candidate(instance.files, merged(plan.edits))
    assert not candidate.conflicts
    assert not candidate.stopped
    return instance.over(candidate)


def raw(instance: Instance, name: str = "main.cf") -> str:
    return instance.files.raw(f"{instance.config_dir}/{name}").decode()


def chain(instance: Instance, key: str = "smtpd_milters") -> MilterChain:
    return next(each for each in milter_chains(instance) if each.key == key)


def addresses(instance: Instance, key: str = "smtpd_milters") -> list[str]:
    return [row.address for row in chain(instance, key).live]


def test_what_is_read(instance: Instance) -> None:
    rows = chain(instance).rows
    assert [(row.address, row.enabled, row.line) for row in rows] == [
        ("inet:127.0.0.1:18891", True, 4), ("$more", True, 5), ("unix:third", True, 8),
        ("unix:clamav/x.sock", False, 6), ("inet:[::1]:18892", True, 7),
    ]  # fmt: skip
    assert rows[0].rule.comments == ("signs since 2019",)
    assert addresses(instance, "non_smtpd_milters") == addresses(instance)
    assert [each.key for each in milter_chains(instance)] == [
        "smtpd_milters", "smtpd_milters submission/inet", "smtpd_milters 10025/inet", "non_smtpd_milters",
    ]  # fmt: skip
    assert [each.service for each in chain(instance).askers] == ["smtp/inet"]
    assert [each.chrooted for each in chain(instance).askers] == [True]


def test_one_more_with_settings_and_a_comment(instance: Instance) -> None:
    plan = milters.add(
        instance, "inet:localhost:18899", settings=[("default_action", "accept")], comments=["new"]
    )
    assert raw(after(instance, plan)) == raw(instance).replace(
        "connect_timeout=3s }\n",
        "connect_timeout=3s },\n    # new\n    { inet:localhost:18899, default_action=accept }\n",
    )


def test_for_both_lists_where_one_holds_the_other(instance: Instance) -> None:
    plan = milters.add(instance, "inet:localhost:18899", "both")
    assert len(plan.edits) == 1
    assert "is in non_smtpd_milters already" in plan.says[-1]
    assert addresses(after(instance, plan), "non_smtpd_milters")[-1] == "inet:localhost:18899"


def test_for_both_lists_apart(instance_dir: MakeInstance) -> None:
    instance = Instance.open(str(instance_dir("smtpd_milters = unix:a\n", master=MASTER)))
    plan = milters.add(instance, "unix:b", "both")
    now = after(instance, plan)
    assert (addresses(now), addresses(now, "non_smtpd_milters")) == (["unix:a", "unix:b"], ["unix:b"])
    back = after(now, milters.removed(now, "unix:b", "both"))
    assert (addresses(back), addresses(back, "non_smtpd_milters")) == (["unix:a"], [])


def test_in_a_services_own_list(instance: Instance) -> None:
    now = after(instance, milters.add(instance, "unix:three", service="submission", before="unix:two"))
    assert "-o smtpd_milters=inet:localhost:1,unix:three,unix:two\n" in raw(now, "master.cf")
    assert raw(now) == raw(instance)
    now = after(instance, milters.add(instance, "unix:three", service="smtp", before=""))
    held = postconf_of(now, "-P", "smtp/inet/smtpd_milters")
    assert held.endswith("$more, { inet:[::1]:18892, connect_timeout=3s }, unix:three")
    with pytest.raises(InstanceError, match="no service cleanup that runs smtpd"):
        milters.add(instance, "unix:x", service="cleanup")


def postconf_of(instance: Instance, *words: str) -> str:
    """What the real postconf reads of it."""
    folder = Path(instance.config_dir).parent / "written"
    for name in ("main.cf", "master.cf"):
        put(folder / name, raw(instance, name))
    return " ".join(postconf(folder, *words).split())


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("inet:8891@localhost", "inet:localhost:8891"), ("/run/x", "no address"), ("unix:a b", "not one milter"),
        ("inet:127.0.0.1:18891", "already"),
    ],
)  # fmt: skip
def test_what_postfix_could_not_use_is_refused(instance: Instance, address: str, words: str) -> None:
    assert words in milters.add(instance, address).refused


def test_no_setting_that_would_stop_smtpd(instance: Instance) -> None:
    assert "no time" in milters.add(instance, "unix:x", settings=[("connect_timeout", "soon")]).refused
    row = chain(instance).rows[0]
    assert "no setting" in milters.change(instance, row, settings=[("colour", "red")]).refused


def test_off_stays_in_the_list_and_comes_back(instance: Instance) -> None:
    before = raw(instance)
    for number in (0, 4):
        row = chain(instance).rows[number]
        off = after(instance, milters.switch(instance, row))
        mine = next(each for each in chain(off).rows if each.address == row.address)
        assert not mine.enabled
        assert raw(after(off, milters.switch(off, mine))) == before
    on = after(instance, milters.switch(instance, chain(instance).rows[3]))
    assert "unix:clamav/x.sock" in addresses(on)


def test_in_a_service_off_is_kept_too(instance: Instance) -> None:
    mine = "smtpd_milters submission/inet"
    off = after(instance, milters.switch(instance, chain(instance, mine).rows[0]))
    assert [(row.address, row.enabled) for row in chain(off, mine).rows] == [
        ("inet:localhost:1", False), ("unix:two", True),
    ]  # fmt: skip
    assert postconf_of(off, "-P", "submission/inet/smtpd_milters").endswith("= unix:two")
    on = after(off, milters.switch(off, chain(off, mine).rows[0]))
    assert addresses(on, mine) == ["inet:localhost:1", "unix:two"]


def test_moved_with_its_comment(instance: Instance) -> None:
    now = after(instance, milters.move(instance, chain(instance).rows[0], None))
    assert raw(now).endswith(
        "connect_timeout=3s },\n    # signs since 2019\n    inet:127.0.0.1:18891\nmore = unix:third\n"
        "non_smtpd_milters = $smtpd_milters\n"
        + raw(instance).partition("non_smtpd_milters = $smtpd_milters\n")[2]
    )
    up = milters.step(now, chain(now), chain(now).live[-1], -1)
    assert addresses(after(now, up))[-2:] == ["inet:127.0.0.1:18891", "inet:[::1]:18892"]
    assert "first" in milters.step(now, chain(now), chain(now).rows[0], -1).refused


def test_a_milter_that_came_in_by_a_name_is_changed_where_it_is_written(instance: Instance) -> None:
    row = next(each for each in chain(instance, "non_smtpd_milters").rows if each.address == "unix:third")
    plan = milters.change(instance, row, settings=[("protocol", "6")])
    assert "holds for every list" in plan.says[-1]
    assert "more = { unix:third, protocol=6 }\n" in raw(after(instance, plan))


def test_settings_are_changed_and_taken_away(instance: Instance) -> None:
    row = chain(instance).rows[4]
    now = after(instance, milters.change(instance, row, settings=[("default_action", "quarantine")]))
    assert "    { inet:[::1]:18892, default_action=quarantine }\n" in raw(now)
    row = chain(now).rows[4]
    assert row.actual["default_action"] == "quarantine"
    assert "    inet:[::1]:18892\n" in raw(after(now, milters.change(now, row, settings=[])))
    assert milters.change(now, row) == Plan()


def test_lists_as_a_whole(instance_dir: MakeInstance) -> None:
    instance = Instance.open(
        str(instance_dir("smtpd_milters = unix:a\nnon_smtpd_milters = unix:b\n", master=MASTER))
    )
    plan = milters.alike(instance)
    assert plan.says == ("out of non_smtpd_milters: unix:b",)
    now = after(instance, plan)
    assert addresses(now, "non_smtpd_milters") == ["unix:a"]
    assert "already" in milters.alike(now).refused
    none = after(instance, milters.none_for(instance, "smtpd_milters", "smtp"))
    assert addresses(none, "smtpd_milters smtp/inet") == []
    own = chain(instance, "smtpd_milters 10025/inet")
    main = after(instance, milters.without_own(instance, own))
    assert "10025/inet" in [each.service for each in chain(main).askers]
    assert milters.without_own(instance, chain(instance)).refused


ITEMS = st.sampled_from(
    ["inet:localhost:8891", "inet:[::1]:8893", "unix:opendkim/opendkim.sock", "local:/run/x",
     "{ inet:h:1, default_action=accept }", "{ unix:y, {connect_timeout = 3s}, protocol=6 }"]
)  # fmt: skip
LAYOUTS: list[Callable[[list[str]], str]] = [
    lambda rows: f"smtpd_milters = {', '.join(rows)}\n",
    lambda rows: "smtpd_milters =\n" + "".join(f"\t{row}\n" for row in rows),
    lambda rows: (
        "smtpd_milters =\n" + ",\n".join(f"  # on {at}\n  {row}" for at, row in enumerate(rows)) + "\n"
    ),
]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(ITEMS, min_size=1, max_size=4, unique=True), st.sampled_from(LAYOUTS), st.data())
def test_each_act_is_undone_byte_by_byte(
    tmp_path: Path, rows: list[str], layout: Callable[[list[str]], str], data: st.DataObject
) -> None:
    folder = tmp_path / "laws"
    put(folder / "main.cf", layout(rows))
    put(folder / "master.cf", MASTER)
    instance = Instance.open(str(folder))
    mine = chain(instance)
    at = data.draw(st.integers(0, len(rows) - 1))
    row = mine.rows[at]
    acts = {
        "remove": lambda: milters.remove(instance, row),
        "move": lambda: milters.move(instance, row, mine.rows[0] if at else None),
        "change": lambda: milters.change(instance, row, settings=[("default_action", "reject")]),
        "add": lambda: milters.add(instance, "inet:new:1", before=row.address),
    }
    plan = acts[data.draw(st.sampled_from(sorted(acts)))]()
    if not plan.edits:
        return
    now = after(instance, plan)
    held = [item.decode() for item in items((now.parameters.get("smtpd_milters") or "").encode())]
    assert held == [each.rule.written for each in chain(now).rows if each.enabled]
    back = Candidate(now.files, [edit.inverse() for edit in reversed(plan.edits)])
    assert not back.conflicts
    before, again = chain(instance), chain(now.over(back))
    assert [each.item for each in again.rows] == [each.item for each in before.rows]
    assert [each.rule.comments for each in again.rows] == [each.rule.comments for each in before.rows]


@given(ITEMS)
def test_a_text_is_the_item_that_it_says(text: str) -> None:
    from mailtui.formats.milteritem import parse_item

    found = parse_item(text)
    again = parse_item(item_text(found.address, found.settings))
    assert (again.address, again.settings) == (found.address, found.settings)
