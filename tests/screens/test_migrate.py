"""Map types in the console: listed with who names them, moved all at once or one by one, into the type chosen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mailtui.edits.candidate import Candidate
from mailtui.edits.compiling import MigrateTable
from mailtui.edits.mapmigration import migration
from mailtui.postfix.instance import Instance
from mailtui.screens.migrate import MigrateScreen, nothing
from tests.postfix.conftest import instance_dir
from tests.screens.aliasing import short_folder
from tests.screens.listing import lists

__all__ = ["instance_dir"]

MAIN = """\
transport_maps = hash:$config_directory/transport
virtual_alias_maps = hash:$config_directory/virtual
canonical_maps = btree:$config_directory/gone
smtp_tls_session_cache_database = btree:$data_directory/scache
"""


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    yield from short_folder()


async def test_from_the_command_line_to_a_staged_group(
    instance_dir: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAILTUI_STATE_DIR", str(tmp_path / "state"))
    files = {"transport": "a.example local:\n", "virtual": "a@b.example jean\n"}
    folder: Path = instance_dir(MAIN, files=files, postmap=("hash:transport", "hash:virtual"))
    async with lists(folder, "parameters") as up:
        await up.press(":", *"migrate", "enter")
        await up.until(lambda: isinstance(up.app.screen, MigrateScreen) and up.laid(0)())
        await up.shows("4 tables", "to lmdb", "transport_maps", "stays")
        await up.at(f"btree:{folder}/gone")
        await up.shows("there is neither a text nor a compiled copy of it")
        await up.at("btree:/var/lib/postfix/scache")
        await up.shows("a cache, which begins empty")
        await up.press("t")
        await up.shows("To cdb; a daemon's cache goes to lmdb")
        await up.at(f"hash:{folder}/virtual")
        await up.shows(
            "becomes cdb:virtual", "virtual.db: nothing reads it any more", "virtual_alias_maps, line 2"
        )
        await up.press("enter")
        await up.until(up.laid(2))
        assert "virtual_alias_maps = cdb:$config_directory/virtual\n" in up.written("main.cf")
        await up.press("u", "t", "a")
        await up.until(up.laid(6))
        await up.shows("Staged: 3 tables to lmdb; w writes it, tables first", "1 stays")
        made = [edit for edit in up.app.session.draft.edits if isinstance(edit, MigrateTable)]
        assert {edit.target.path.rpartition("/")[2] for edit in made} == {"transport", "virtual"}
        assert "smtp_tls_session_cache_database = lmdb:$data_directory/scache\n" in up.written("main.cf")


def test_an_empty_list_says_which_types_there_are(instance_dir: Any, tmp_path: Path) -> None:
    main = "virtual_alias_maps = lmdb:$config_directory/virtual\ndefault_database_type = cdb\n"
    folder = instance_dir(f"{main}default_cache_db_type = lmdb\nalias_maps =\n", files={"virtual": "a b\n"})
    instance = Instance.open(str(folder))
    assert nothing(migration(instance, "cdb"), []) == (
        "No table is of type hash or btree: 1 is of type lmdb;"
        " mailtui table migrate --to cdb --from lmdb moves them"
    )
    assert nothing(migration(instance, "lmdb"), []) == "No table is of type hash or btree: 1 is of type lmdb"
    staged = migration(instance, "cdb", leaving=("lmdb",)).plan.edits
    after = instance.over(Candidate(instance.files, staged))
    assert nothing(migration(after, "cdb"), staged) == "No table is left to move: 1 is staged; w writes"
