"""One change of many aliases: a destination more, less, by another, another table; and who is left out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mailtui.edits import bulkaliases
from mailtui.edits.bulkaliases import BulkChange
from mailtui.edits.candidate import Candidate
from mailtui.edits.draft import merged
from mailtui.edits.entries import SetDisabledEntry
from mailtui.edits.overlay import overlay
from mailtui.postfix.aliases import AliasList, AliasTables
from mailtui.postfix.aliasrows import AliasRow
from mailtui.postfix.instance import Instance
from tests.postfix.conftest import MakeInstance, instance_dir

__all__ = ["instance_dir"]


@pytest.fixture
def instance(instance_dir: MakeInstance, tmp_path: Path) -> Instance:
    folder = instance_dir(
        f"""\
virtual_alias_domains = x.test
virtual_alias_maps = hash:{tmp_path}/etc1/virtual, hash:{tmp_path}/etc1/more
alias_maps = hash:{tmp_path}/etc1/aliases
""",
        files={
            "virtual": "a@x.test one@z.test,two@z.test\nb@x.test one@z.test\n#c@x.test one@z.test\n"
            "d@x.test a@x.test\n",
            "more": "b@x.test other@z.test\n",
            "aliases": 'root: one@z.test, "|prog"\n',
        },
    )
    return Instance.open(str(folder))


def rows(instance: Instance) -> list[AliasRow]:
    return list(AliasList(AliasTables.of(instance), instance.files).rows())


def after(instance: Instance, made: BulkChange, name: str) -> str:
    candidate = Candidate(instance.files, made.edits)
    assert not candidate.conflicts
    assert not candidate.stopped
    return candidate.raw(f"{instance.config_dir}/{name}").decode()


def test_one_destination_more(instance: Instance) -> None:
    made = bulkaliases.add(instance, rows(instance), "One@z.test")
    assert after(instance, made, "virtual").splitlines()[3] == "d@x.test a@x.test, One@z.test"
    assert (len(made.changed), made.same, made.left) == (2, 4, [])
    assert made.label == "~ 2 aliases to One@z.test"
    looped = bulkaliases.add(instance, rows(instance)[:1], "d@x.test")
    assert (looped.edits, looped.left) == ((), [("a@x.test", "loop: a@x.test → d@x.test → a@x.test")])
    assert bulkaliases.add(instance, rows(instance)[:2], "|prog").refused == (
        "|prog: bounces: works only in alias_maps"
    )


def test_what_is_commented_out_is_changed_and_stays_so(instance: Instance) -> None:
    """Over what is staged already, its undo included; of several of one key the last."""
    Path(f"{instance.config_dir}/virtual").write_text(
        "#c@x.test old@z.test\na@x.test one@z.test\n#c@x.test  one@z.test,\n##  why\n#\ttwo@z.test\nc@x.test one@z.test\n"
    )
    made = bulkaliases.replace(instance, rows(instance), "one@z.test", "new@z.test")
    assert after(instance, made, "virtual") == (
        "#c@x.test old@z.test\na@x.test new@z.test\n#c@x.test  new@z.test,\n##  why\n#\ttwo@z.test\nc@x.test new@z.test\n"
    )
    assert [change.value for change in made.off] == ["new@z.test, two@z.test"]
    assert ("c@x.test", "is commented out again below; change that one first") in made.left
    assert made.label == "~ 4 aliases to new@z.test and not to one@z.test"
    (off,) = (edit for edit in made.edits if isinstance(edit, SetDisabledEntry))
    candidate = Candidate(instance.files, made.edits)
    laid = AliasList(AliasTables.of(instance), instance.files, overlay(made.edits, instance.files))
    shown = [(row.marker, row.enabled, row.destinations) for row in laid.rows() if row.address == "c@x.test"]
    assert shown[0] == ("#", False, ("old@z.test",))
    assert shown[1:] == [("~", False, ("new@z.test", "two@z.test")), ("~", True, ("new@z.test",))]
    again = bulkaliases.drop(instance.over(candidate), [*laid.rows()], "two@z.test")
    assert merged([*made.edits, *again.edits])[-1] == replace(off, value=("new@z.test",))
    back = Candidate(candidate, [edit.inverse() for edit in reversed(made.edits)])
    assert back.raw(off.target.path) == instance.files.raw(off.target.path)


def test_one_less_and_one_by_another(instance: Instance) -> None:
    made = bulkaliases.drop(instance, rows(instance), "ONE@z.test")
    assert after(instance, made, "virtual").startswith("a@x.test two@z.test\nb@x.test one@z.test\n")
    assert after(instance, made, "aliases") == 'root: "|prog"\n'
    assert ("b@x.test", "would go to nobody; delete it instead") in made.left
    made = bulkaliases.replace(instance, rows(instance), "one@z.test", "two@z.test")
    assert after(instance, made, "virtual").startswith("a@x.test two@z.test\nb@x.test two@z.test\n")


def test_another_table(instance: Instance) -> None:
    more = AliasTables.of(instance).tables[1]
    made = bulkaliases.move(instance, rows(instance), more)
    assert after(instance, made, "virtual") == "b@x.test one@z.test\n"
    assert after(instance, made, "more") == (
        "b@x.test other@z.test\na@x.test one@z.test, two@z.test\nd@x.test a@x.test\n#c@x.test one@z.test\n"
    )
    assert [change.name for change in made.off] == ["c@x.test"]
    assert dict(made.left)["b@x.test"] == "stands in more already"
    assert dict(made.left)["root"] == "bounces: works only in alias_maps"
    assert len(made.changed) == 2
