"""`mailtui alias`: through the engine, down to what postmap answers."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Shop


def live(shop: Shop, key: str, table: str = "hash:virtual") -> str:
    """What the compiled table answers."""
    kind, _, name = table.partition(":")
    program = "postalias" if name == "aliases" else "postmap"
    argv = [program, "-c", str(shop.folder), "-q", key, f"{kind}:{shop.folder / name}"]
    return subprocess.run(argv, capture_output=True, text=True, check=False).stdout.strip()


def test_list_as_json_has_the_names_of_the_contract(shop: Shop) -> None:
    rows = shop.run("alias", "list", "--json").json
    assert rows[0] == {
        "address": "webmaster@falcotsbrand.com",
        "destinations": ["jean@falcot.com"],
        "table": f"hash:{shop.folder}/virtual",
        "type": "hash",
        "enabled": True,
        "line": 2,
    }
    assert [row["enabled"] for row in rows if row["address"] == "old@falcotsbrand.com"] == [False]
    assert {row["address"] for row in rows} >= {"root", "postmaster", "@falcotsbrand.com"}


def test_list_takes_the_filter_of_the_screen(shop: Shop) -> None:
    rows = shop.run("alias", "list", "--json", "webmaster", "!@").json
    assert [row["address"] for row in rows] == ["webmaster"]


def test_set_changes_one_line_and_the_live_table(shop: Shop) -> None:
    done = shop.run("alias", "set", "webmaster@falcotsbrand.com", "jean@falcot.com", "laure@falcot.com")
    assert done.status == 0, done.err
    assert live(shop, "webmaster@falcotsbrand.com") == "jean@falcot.com, laure@falcot.com"
    assert "webmaster@falcotsbrand.com   jean@falcot.com, laure@falcot.com\n" in shop.virtual
    assert shop.virtual.startswith("# the brand\n")


def test_set_says_what_it_drops(shop: Shop) -> None:
    done = shop.run("alias", "set", "contact@falcotsbrand.com", "laure@falcot.com")
    assert done.status == 0
    assert done.out.splitlines()[-1] == "no longer to sophie@falcot.com"


def test_add_and_drop_one_destination(shop: Shop) -> None:
    assert shop.run("alias", "set", "contact@falcotsbrand.com", "--add", "jean@falcot.com").status == 0
    assert live(shop, "contact@falcotsbrand.com") == "laure@falcot.com, sophie@falcot.com, jean@falcot.com"
    assert shop.run("alias", "set", "contact@falcotsbrand.com", "--drop", "laure@falcot.com").status == 0
    assert live(shop, "contact@falcotsbrand.com") == "sophie@falcot.com, jean@falcot.com"
    done = shop.run("alias", "set", "contact@falcotsbrand.com", "--drop", "nobody@falcot.com")
    assert done.status == 1
    assert "does not go to nobody@falcot.com" in done.err


def test_a_new_alias_goes_to_the_table_of_its_class(shop: Shop) -> None:
    assert shop.run("alias", "set", "presse@falcotsbrand.com", "sophie@falcot.com").status == 0
    assert live(shop, "presse@falcotsbrand.com") == "sophie@falcot.com"
    done = shop.run("alias", "set", "presse@falcot.com", "sophie")
    assert done.status == 0, done.err
    assert live(shop, "presse", "hash:aliases") == "sophie"


@pytest.mark.parametrize("item", ["|/bin/cat", "/var/mail/file", ":include:/etc/list"])
def test_what_only_alias_maps_can_do_is_refused_in_virtual(shop: Shop, item: str) -> None:
    """Postfix takes it for a user's name: `bounced (unknown user: "|/bin/cat")`. An import refuses it, too."""
    before = shop.virtual
    for words in (("set", "p@falcotsbrand.com", item), ("replace", "jean@falcot.com", item)):
        done = shop.run("alias", *words)
        assert (done.status, shop.virtual) == (1, before)
        assert f"{item}: bounces: works only in alias_maps; give it a name in alias_maps" in done.err
    assert shop.run("alias", "set", "p@falcotsbrand.com", item, "--anyway").status == 0
    assert shop.run("alias", "set", "p@falcotsbrand.com", "--add", "jean@falcot.com").status == 0


def test_nothing_to_do_is_done(shop: Shop) -> None:
    before = shop.virtual
    done = shop.run("alias", "set", "webmaster@falcotsbrand.com", "jean@falcot.com", "--json")
    assert (done.status, done.json["applied"], shop.virtual) == (0, False, before)


def test_dry_run_shows_and_changes_nothing(shop: Shop, tmp_path: Path) -> None:
    def everything() -> dict[str, tuple[bytes, int]]:
        return {p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in shop.folder.iterdir()}

    before = everything()
    done = shop.run("alias", "set", "webmaster@falcotsbrand.com", "laure@falcot.com", "--dry-run", "--json")
    assert done.status == 0, done.err
    assert done.json["applied"] is False
    assert "+webmaster@falcotsbrand.com   laure@falcot.com" in done.json["diff"]
    assert "compile" in [step["action"] for step in done.json["plan"]]
    assert everything() == before
    assert not (tmp_path / "state").exists()


def test_read_only_refuses(shop: Shop) -> None:
    done = shop.run("--read-only", "alias", "remove", "webmaster@falcotsbrand.com")
    assert done.status == 1
    assert "webmaster" in shop.virtual


def test_an_address_in_two_tables_needs_one_named(shop: Shop) -> None:
    (shop.folder / "virtual").write_text(shop.virtual + "webmaster  jean@falcot.com\n")
    done = shop.run("alias", "set", "webmaster", "jean")
    assert done.status == 1
    assert f"hash:{shop.folder}/virtual" in done.err
    assert f"hash:{shop.folder}/aliases" in done.err
    assert shop.run("alias", "set", "webmaster", "jean", "--table", f"hash:{shop.folder}/aliases").status == 0
    assert live(shop, "webmaster", "hash:aliases") == "jean"


def test_remove_off_takes_out_what_is_commented_out_and_nothing_else(shop: Shop) -> None:
    done = shop.run("alias", "remove", "old@falcotsbrand.com")
    assert (done.status, "old@falcotsbrand.com" in shop.virtual) == (0, True)
    done = shop.run("alias", "remove", "--off", "old@falcotsbrand.com")
    assert done.status == 0, done.err
    assert "old@falcotsbrand.com" not in shop.virtual
    before = shop.virtual
    assert shop.run("alias", "remove", "--off", "webmaster@falcotsbrand.com").status == 0
    assert shop.virtual == before


def test_remove_says_what_becomes_of_the_mail(shop: Shop) -> None:
    done = shop.run("alias", "remove", "contact@falcotsbrand.com")
    assert done.status == 0
    assert "taken by @falcotsbrand.com" in done.err
    assert live(shop, "contact@falcotsbrand.com") == ""
    assert "contact" not in shop.virtual


def test_resolve_of_an_unknown_address_is_an_answer(shop: Shop) -> None:
    done = shop.run("alias", "resolve", "nobody@elsewhere.falcotsbrand.com", "--json")
    assert done.status == 0
    found = shop.run("alias", "resolve", "contact@falcotsbrand.com", "--json").json
    assert found["class"] == "virtual-alias"
    assert {step["to"] for step in found["steps"]} == {"laure@falcot.com", "sophie@falcot.com"}
    assert found["loops"] == []


def test_what_only_a_compiled_copy_holds_is_followed_as_postfix_does(shop: Shop) -> None:
    main = shop.folder / "main.cf"
    classes = "virtual_alias_domains = hash:$config_directory/classes\n"
    main.write_text(main.read_text().replace("virtual_alias_domains = falcotsbrand.com\n", classes))
    (shop.folder / "classes").write_text("falcotsbrand.com x\n")
    subprocess.run(["postmap", f"hash:{shop.folder}/classes"], check=True)
    was = shop.run("alias", "resolve", "webmaster@falcotsbrand.com").out
    for name in ("virtual", "aliases", "classes"):
        (shop.folder / name).unlink()
    done = shop.run("alias", "resolve", "webmaster@falcotsbrand.com")
    assert (
        done.out.splitlines()[0] == was.splitlines()[0] == "webmaster@falcotsbrand.com  class virtual-alias"
    )
    assert "  webmaster@falcotsbrand.com → jean@falcot.com  (" in done.out
    assert f"{shop.folder}/virtual does not exist, and Postfix answers from" in done.err
    assert "could not be read" not in done.out
    listed = shop.run("alias", "list")
    assert f"postmap -s hash:{shop.folder}/virtual > {shop.folder}/virtual writes it anew" in listed.err


def test_find_tells_who_ends_there(shop: Shop) -> None:
    found = {row["alias"] for row in shop.run("alias", "find", "sophie@falcot.com", "--json").json}
    assert {"contact@falcotsbrand.com", "@falcotsbrand.com"} <= found


def test_replace_everywhere(shop: Shop) -> None:
    done = shop.run("alias", "replace", "sophie@falcot.com", "jean@falcot.com")
    assert done.status == 0, done.err
    assert live(shop, "contact@falcotsbrand.com") == "laure@falcot.com, jean@falcot.com"
    assert live(shop, "@falcotsbrand.com") == "jean@falcot.com"
    assert "#old@falcotsbrand.com        sophie@falcot.com\n" in shop.virtual


def test_an_error_is_one_line_or_one_object(shop: Shop) -> None:
    done = shop.run("alias", "set", "webmaster@falcotsbrand.com")
    assert (done.status, done.err.count("\n")) == (2, 1)
    done = shop.run("alias", "set", "webmaster@falcotsbrand.com", "--json")
    assert json.loads(done.err)["error"]["what"] == "no destination given"


@pytest.mark.parametrize("words", [["alas", "list"], ["alias", "lst"], ["alias", "list", "--bogus"], []])
def test_usage_errors_are_code_2(shop: Shop, words: list[str]) -> None:
    if not words:
        words = ["--json"]
    done = shop.run(*words)
    assert done.status == 2
    assert done.err.strip()


def test_no_instance_is_said(shop: Shop, tmp_path: Path) -> None:
    done = shop.run("--config-dir", str(tmp_path / "nowhere"), "alias", "list")
    assert done.status == 1
    assert "is not a directory" in done.err
    assert "--config-dir" in done.err


def test_one_text_of_two_types_is_one_place(shop: Shop) -> None:
    both = f"hash:{shop.folder}/virtual, lmdb:{shop.folder}/virtual"
    refused = shop.run("parameter", "set", "virtual_alias_maps", both)
    assert (refused.status, "it is not compiled; run `postmap lmdb:" in refused.err) == (1, True)
    subprocess.run(["postmap", f"lmdb:{shop.folder}/virtual"], check=True)
    assert shop.run("parameter", "set", "virtual_alias_maps", both).status == 0
    assert shop.run("alias", "set", "webmaster@falcotsbrand.com", "paul@falcot.com").status == 0
    for kind in ("hash", "lmdb"):
        asked = shop.run("table", "try", f"{kind}:{shop.folder}/virtual", "webmaster@falcotsbrand.com")
        assert asked.out == "paul@falcot.com\n"
    done = shop.run("alias", "replace", "paul@falcot.com", "joe@falcot.com", "--json")
    assert [edit.split(" → ")[1] for edit in done.json["edits"]] == ["joe@falcot.com"]


def test_what_would_go_live_of_others_is_told_in_few_short_lines(shop: Shop) -> None:
    path = shop.folder / "virtual"
    long = ", ".join(f"somebody{number}@falcot.com" for number in range(150))
    path.write_text(path.read_text() + "".join(f"t{n}@falcotsbrand.com {long}\n" for n in range(60)))
    words = ("alias", "set", "new@falcotsbrand.com", "laure@falcot.com")
    tried = shop.run(*words, "--dry-run")
    assert "goes live with this, not yours: 40 more; --dry-run --json has all of them" in tried.err
    assert max(map(len, tried.err.splitlines())) < 400
    assert tried.err.count("not yours: virtual t") == 20
    written = shop.run(*words)
    assert (written.status == 0, len(written.err) < 1500, "and 55 more" in written.err) == (False, True, True)
    every = shop.run(*words, "--dry-run", "--json").json["not_yours"]
    assert (len(every), "somebody149@" in every[0]) == (60, True)


def test_a_table_that_cannot_be_read_is_named(shop: Shop) -> None:
    (shop.folder / "virtual").unlink()
    (shop.folder / "virtual").mkdir()
    done = shop.run("alias", "set", "new@falcotsbrand.com", "x@falcot.com")
    assert done.status == 1
    assert f"{shop.folder}/virtual (named by virtual_alias_maps) is a directory, not a file" in done.err


def test_passwords_are_shown_nowhere_and_an_undo_promises_none(shop: Shop) -> None:
    table = f"hash:{shop.folder}/sasl_passwd"
    assert shop.run("parameter", "set", "smtp_sasl_password_maps", table).status == 1  # it is not there yet
    done = shop.run("table", "set", table, "[mx.example]:587", "user:hunter2")
    assert shop.run("parameter", "set", "smtp_sasl_password_maps", table).status == 0
    said = (
        done.out + done.err + shop.run("history", "list").out + shop.run("history", "show", "1", "--json").out
    )
    assert "hunter2" not in said
    assert "mailtui history undo 1 takes it back" in done.err  # it was new: taken out again
    again = shop.run("table", "set", table, "[mx.example]:587", "user:hunter3")
    assert "only you can type them again" in again.err
    shop.run("table", "set", table, "[mx.example]:587", "user:hunter2")
    assert (shop.folder / "sasl_passwd").read_text() == "[mx.example]:587 user:hunter2\n"
    for name in ("sasl_passwd", "sasl_passwd.db"):
        assert (shop.folder / name).stat().st_mode & 0o777 == 0o600
    dry = shop.run("table", "set", table, "[mx.example]:587", "user:hunter3", "--dry-run", "--json")
    assert "hunter" not in dry.out + dry.err
    assert "-[mx.example]:587 •" in dry.json["diff"]
    state = Path(os.environ["MAILTUI_STATE_DIR"])
    assert not any(b"hunter" in path.read_bytes() for path in state.rglob("*") if path.is_file())


def test_remove_of_what_is_not_there_names_what_was_perhaps_meant(shop: Shop) -> None:
    done = shop.run("alias", "remove", "webmster@falcotsbrand.com")
    assert done.status == 0
    meant = "there is no alias webmster@falcotsbrand.com; did you mean webmaster@falcotsbrand.com?"
    assert meant in done.err
    assert "nothing to do" in done.err
    done = shop.run("alias", "remove", "xyzzy")
    assert (done.status, "did you mean" in done.err) == (0, False)
    assert "there is no alias xyzzy" in done.err
    table = next(each["table"] for each in shop.run("alias", "list", "--json").json if "@" in each["address"])
    done = shop.run("table", "remove", table, "contct@falcotsbrand.com")
    assert (done.status, "did you mean contact@falcotsbrand.com?" in done.err) == (0, True)
    done = shop.run("domain", "remove", "falkot.com")
    assert (done.status, "there is no domain falkot.com; did you mean falcot.com?" in done.err) == (0, True)
    done = shop.run("mailbox", "remove", "nobody@falcot.com")
    assert (done.status, "did you mean" in done.err) == (1, False)


def test_a_table_of_patterns_names_the_command_that_changes_it(shop: Shop) -> None:
    table = f"regexp:{shop.folder}/by-pattern"
    (shop.folder / "by-pattern").write_text("/^sales-/ jean@falcot.com\n")
    main = (shop.folder / "main.cf").read_text().splitlines()
    was = next(line for line in main if line.startswith("virtual_alias_maps")).partition("= ")[2]
    assert shop.run("parameter", "set", "virtual_alias_maps", f"{was}, {table}").status == 0
    assert f"changed by mailtui table set {table} PATTERN RESULT" in shop.run("alias", "list").err
    assert shop.run("table", "set", table, "/^buying-/", "laure@falcot.com").status == 0
    assert "/^buying-/" in (shop.folder / "by-pattern").read_text()


def test_an_alias_without_an_address_is_refused(shop: Shop) -> None:
    before = (shop.folder / "aliases").read_bytes()
    done = shop.run("alias", "set", "", "jean")
    assert (done.status, done.err) == (2, "mailtui: no address given; an alias needs one\n")
    spec = f"hash:{shop.folder}/virtual"
    assert "a key cannot be empty" in shop.run("table", "set", spec, "", "jean").err
    assert (shop.folder / "aliases").read_bytes() == before


def test_a_refused_try_says_why_as_json_too(shop: Shop) -> None:
    done = shop.run("alias", "set", "#x@falcotsbrand.com", "jean", "--dry-run", "--json")
    assert (done.status, done.json["applied"]) == (1, False)
    assert "would be a comment" in json.loads(done.err.splitlines()[-1])["error"]["what"]
