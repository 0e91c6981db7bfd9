"""The plan says what a change needs, and why, from nothing but the change and a few facts."""

from __future__ import annotations

import pytest

from mailtui.apply import plan
from mailtui.apply.plan import Facts, Step
from mailtui.apply.uses import Use
from mailtui.edits.candidate import FileChange
from mailtui.formats.splice import Splice
from mailtui.formats.target import Format, Target


def change(path: str, kind: str = "", form: Format = "table") -> FileChange:
    return FileChange(Target(form, path, kind), b"a", (Splice(1, 1, b"b"),), (), created=False)


def use(kind: str, path: str = "/etc/postfix/virtual", *named: str) -> Use:
    return Use(kind, path, named or ("virtual_alias_maps",))


VIRTUAL = change("/etc/postfix/virtual", "hash")
MAIN = change("/etc/postfix/main.cf", form="main.cf")
MASTER = change("/etc/postfix/master.cf", form="master.cf")


def actions(made: plan.Plan) -> list[str]:
    return [step.action for step in made.steps]


def test_an_indexed_table_is_compiled_and_swapped_and_needs_no_reload() -> None:
    made = plan.make([VIRTUAL], Facts(((use("hash"),),), running=True))
    assert actions(made) == ["check", "compile", "swap", "nothing", "verify"]
    assert made.steps[1] == Step(
        "compile", "hash:/etc/postfix/virtual", "postmap, beside the live table, for virtual_alias_maps"
    )
    assert made.steps[3].why == "no reload needed: Postfix notices indexed tables by itself"
    assert made.act == ""


def test_every_table_made_of_one_text_is_compiled_by_its_own_program() -> None:
    aliases = change("/etc/aliases", "hash", "aliases")
    uses = (use("hash", "/etc/aliases", "alias_maps"), use("lmdb", "/etc/aliases", "alias_database"))
    made = plan.make([aliases, VIRTUAL], Facts((uses, (use("hash"), use("cdb"))), running=True))
    compiled = [(step.target, step.why.split(",")[0]) for step in made.steps if step.action == "compile"]
    assert compiled == [
        ("hash:/etc/aliases", "postalias"),
        ("lmdb:/etc/aliases", "postalias"),
        ("hash:/etc/postfix/virtual", "postmap"),
        ("cdb:/etc/postfix/virtual", "postmap"),
    ]


def test_a_file_that_a_list_names_needs_a_reload() -> None:
    made = plan.make([change("/etc/postfix/domains", form="list")], Facts(((),), running=True))
    assert made.act == "reload"
    assert "/etc/postfix/domains" in made.steps[-2].why


@pytest.mark.parametrize("kind", ["texthash", "regexp", "pcre", "cidr"])
def test_a_table_that_is_read_at_the_start_needs_a_reload_with_the_reason(kind: str) -> None:
    text = change("/etc/postfix/checks", kind)
    facts = Facts(
        ((use(kind, "/etc/postfix/checks"),),), running=True, by_reload="postfix -c /etc/postfix reload"
    )
    made = plan.make([text], facts)
    assert actions(made) == ["check", "check", "write", "reload", "verify"]
    assert made.steps[1] == Step("check", f"{kind}:/etc/postfix/checks", "postmap reads every line of it")
    assert made.act == "reload"
    reload = made.steps[3]
    assert reload.target == "postfix -c /etc/postfix reload"
    assert reload.why == f"{kind}:/etc/postfix/checks: {kind} tables are read only when a process starts"


def test_one_text_as_hash_and_texthash_is_compiled_and_reloaded() -> None:
    made = plan.make([VIRTUAL], Facts(((use("hash"), use("texthash")),), running=True))
    assert actions(made) == ["check", "check", "compile", "swap", "reload", "verify"]


def test_main_cf_is_checked_by_postconf_and_reloaded() -> None:
    made = plan.make([MAIN], Facts(((),), running=True))
    assert actions(made) == ["check", "check", "write", "reload", "verify"]
    assert made.act == "reload"


@pytest.mark.parametrize(("name", "why"), plan.RESTART.items())
def test_what_reload_ignores_restarts_with_its_reason(name: str, why: str) -> None:
    made = plan.make([MAIN], Facts(((),), running=True, restart=(name,)))
    step = next(step for step in made.steps if step.action == "restart")
    assert step.why == f"{name}: {why}"
    assert made.restarts
    assert ("stop" in actions(made)) is (name in plan.STOP_FIRST) is made.stop_first


def test_postfix_is_stopped_before_the_write_that_would_hide_its_master() -> None:
    made = plan.make([MAIN], Facts(((),), running=True, restart=("queue_directory",)))
    assert actions(made) == ["check", "check", "stop", "write", "restart", "verify"]


@pytest.mark.parametrize(
    "facts", [Facts(((),), running=False), Facts(((),), running=False, restart=("inet_interfaces",))]
)
def test_a_stopped_postfix_is_told_nothing(facts: Facts) -> None:
    made = plan.make([MAIN], facts)
    assert made.act == ""
    assert not made.stop_first
    assert "Postfix is stopped: the change is live at its next start" in [step.why for step in made.steps]


@pytest.mark.parametrize(("restart", "word"), [((), "reloaded"), (("inet_protocols",), "restarted")])
def test_no_reload_is_honoured_and_said(restart: tuple[str, ...], word: str) -> None:
    made = plan.make([MAIN], Facts(((),), running=True, restart=restart, no_reload=True))
    assert made.act == ""
    told = next(step.why for step in made.steps if step.action == "nothing")
    assert told.startswith(f"not {word}, as you asked; needed, because ")


def test_tables_are_written_before_the_files_that_may_name_them() -> None:
    assert sorted([MASTER, MAIN, VIRTUAL], key=plan.order) == [VIRTUAL, MAIN, MASTER]


def test_nothing_to_do_is_one_line() -> None:
    made = plan.make([], Facts((), running=True))
    assert actions(made) == ["nothing"]


def test_the_title_says_the_worst_first() -> None:
    calm = plan.make([VIRTUAL], Facts(((use("hash"),),), running=True))
    hard = plan.make([MAIN], Facts(((),), running=True, restart=("inet_interfaces",)))
    assert plan.title(1, 0, calm, "mail.falcot.com") == "Write 1 change to mail.falcot.com"
    assert plan.title(2, 0, calm, "mail.falcot.com") == "Write 2 changes to mail.falcot.com"
    assert plan.title(3, 2, hard, "h") == "Write 3 changes · REMOVES 2 · RESTARTS Postfix"
    assert (
        plan.title(3, 1, calm, "h", conflicts=1, not_yours=2)
        == "Write 3 changes · CONFLICTS 1 · NOT YOURS 2 · REMOVES 1"
    )
    assert plan.title(0, 0, calm, "h") == "Nothing to write"
