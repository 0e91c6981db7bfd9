"""Somebody leaves: every place is found, each choice does what it says, and afterwards no mail reaches them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from mailtui.edits.candidate import Candidate
from mailtui.edits.leaving import Leave, Place, Wish, leave
from mailtui.edits.store import from_json, to_json
from mailtui.postfix.instance import Instance
from mailtui.postfix.localusers import LocalUser, LocalUsers
from mailtui.postfix.resolver import Resolver
from tests.postfix.conftest import MakeInstance, instance_dir, put

__all__ = ["instance_dir"]

JEAN = "jean@falcot.com"
LAURE = "laure@falcot.com"
MAIN = """\
myorigin = falcot.com
mydestination = falcot.com, localhost
recipient_delimiter = +
alias_maps = hash:{etc}/aliases
local_recipient_maps = unix:passwd.byname $alias_maps
virtual_alias_domains = brand.test
virtual_alias_maps = hash:{etc}/virtual, regexp:{etc}/patterns
virtual_mailbox_domains = box.test
virtual_mailbox_base = {etc}/mail
virtual_mailbox_maps = hash:{etc}/vmailbox
virtual_uid_maps = hash:{etc}/uids
virtual_gid_maps = static:5000
smtpd_sender_login_maps = hash:{etc}/logins
smtpd_restriction_classes = strict
strict = check_sender_access hash:{etc}/senders
smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination,
  check_recipient_access hash:{etc}/recipients, strict
sender_canonical_maps = hash:{etc}/canonical
recipient_bcc_maps = hash:{etc}/bcc
transport_maps = hash:{etc}/transport
smtp_sasl_password_maps = hash:{etc}/sasl_passwd
always_bcc = jean@falcot.com
authorized_flush_users = root, jean, laure
"""
MASTER = """\
smtp      inet  n       -       n       -       -       smtpd
submission inet n       -       n       -       -       smtpd
  -o always_bcc=jean
"""
FILES = {
    "aliases": """\
# people
sales:     jean, laure
j.martin:  jean
team:      :include:{etc}/team
press:     laure,
           Jean@Falcot.Com, laure@falcot.com
printer:   roland
""",
    "team": "jean\nlaure\n",
    "virtual": """\
# the brand
web@brand.test      jean@falcot.com
jean@brand.test     jean+brand@falcot.com
#off@brand.test     jean@falcot.com
shop@brand.test     laure, jean@brand.test
jean@other.test     laure
info@brand.test     roland
""",
    "patterns": "/^old-jean@/  jean@falcot.com\n/^x.*@brand\\.test$/ laure\n",
    "vmailbox": "jean@box.test box.test/jean/\n",
    "uids": "jean@box.test 5001\n",
    "logins": "jean@falcot.com jean\nsales@falcot.com jean, laure\nlaure@falcot.com laure\n",
    "senders": "jean@falcot.com REJECT forged\njean@box.test OK\n",
    "recipients": "jean@falcot.com OK\nold@falcot.com REDIRECT jean@falcot.com\n",
    "canonical": "jean Jean.Martin@falcot.com\nwww jean@falcot.com\n",
    "bcc": "jean@falcot.com archive@falcot.com\nlaure@falcot.com jean\n",
    "transport": "jean@box.test smtp:[10.0.0.1]\nfalcot.net smtp:[10.0.0.2]\n",
    "sasl_passwd": "[relay.test]:587 jean@falcot.com:geheim\njean@falcot.com jean:geheim\n",
}


class People(LocalUsers):
    """The users of a machine that there is not."""

    def __init__(self, home: Path, *names: str) -> None:
        self._users = {
            name: LocalUser(name, str(home / name), 0, "", 100 + number) for number, name in enumerate(names)
        }

    def find(self, name: str) -> LocalUser | None:
        return self._users.get(name)

    def all(self) -> list[LocalUser]:
        return list(self._users.values())


class Office:
    """An instance, and somebody who leaves it."""

    def __init__(self, make: MakeInstance, root: Path, files: Mapping[str, str] = FILES) -> None:
        etc = str(root / "etc1")
        texts = {name: text.replace("{etc}", etc) for name, text in files.items()}
        self.etc = make(MAIN.replace("{etc}", etc), master=MASTER, files=texts)
        self.instance = Instance.open(str(self.etc))
        self.users = People(root / "home", "jean", "laure", "roland", "www")

    def leave(self, forward: str = "", address: str = JEAN, **more: Any) -> Leave:
        return leave(self.instance, Wish(address, forward, **more), self.users)

    def after(self, found: Leave) -> Instance:
        candidate = Candidate(self.instance.files, found.edits)
        assert not candidate.conflicts
        assert not candidate.stopped
        return self.instance.over(candidate)

    def text(self, found: Leave, name: str) -> str:
        return self.after(found).files.raw(str(self.etc / name)).decode()


@pytest.fixture
def office(instance_dir: MakeInstance, tmp_path: Path) -> Office:
    return Office(instance_dir, tmp_path)


def by_name(found: Leave) -> dict[str, Place]:
    assert not found.refused
    assert len({place.name for place in found.places}) == len(found.places)
    return {place.name: place for place in found.places}


ALONE = {
    "virtual:web@brand.test": "!", "aliases:j.martin": "!", "recipients:old@falcot.com": "!",
    "virtual:jean@brand.test": "-", "virtual:shop@brand.test": "-", "aliases:sales": "-", "aliases:press": "-",
    "team:jean": "-", "vmailbox:jean@box.test": "-", "uids:jean@box.test": "-", "logins:jean@falcot.com": "-",
    "logins:sales@falcot.com": "-", "senders:jean@falcot.com": " ", "senders:jean@box.test": "-",
    "recipients:jean@falcot.com": "-", "canonical:jean": "-", "canonical:www": "-", "bcc:jean@falcot.com": "-",
    "bcc:laure@falcot.com": "-", "transport:jean@box.test": "-", "sasl_passwd:jean@falcot.com": "-",
    "sasl_passwd:[relay.test]:587": " ", "main.cf:always_bcc": "-", "main.cf:authorized_flush_users": "-",
    "master.cf:submission/inet always_bcc": "-", "patterns:jean@falcot.com": "?", "address:jean@falcot.com": "-",
}  # fmt: skip
HANDED = dict.fromkeys(
    (
        "virtual:web@brand.test", "virtual:jean@brand.test", "virtual:shop@brand.test", "aliases:sales",
        "aliases:j.martin", "aliases:press", "team:jean", "logins:jean@falcot.com", "logins:sales@falcot.com",
        "recipients:old@falcot.com", "canonical:www", "bcc:laure@falcot.com", "main.cf:always_bcc",
        "master.cf:submission/inet always_bcc", "address:jean@falcot.com", "address:jean@box.test",
    ), "~",
) | {"recipients:jean@falcot.com": " ", "bcc:jean@falcot.com": " "}  # fmt: skip


def test_every_place_is_found_and_what_becomes_of_it(office: Office) -> None:
    found = office.leave(also=("jean@box.test",))
    assert {name: place.marker for name, place in by_name(found).items()} == ALONE
    assert found.addresses == (JEAN, "jean@box.test", "jean@brand.test")
    assert found.waits.startswith(
        "virtual:web@brand.test, aliases:j.martin, recipients:old@falcot.com would lead"
    )
    assert by_name(found)["virtual:web@brand.test"].line == 2
    handed = office.leave(LAURE, also=("jean@box.test",))
    assert {name: place.marker for name, place in by_name(handed).items()} == ALONE | HANDED
    assert not handed.waits
    assert [from_json(json.loads(json.dumps(to_json(edit)))) for edit in handed.edits] == list(handed.edits)
    assert "geheim" not in repr([place.as_json() for place in handed.places])


def test_with_a_successor_all_mail_is_handed_on(office: Office) -> None:
    found = office.leave(LAURE, also=("jean@box.test",))
    assert {fate.state for fate in found.proof.fates} == {"handed on"}
    assert found.proof.words == "after this, nothing arrives there"
    aliases = office.text(found, "aliases")
    assert "sales:     laure\n" in aliases  # she stood there already
    assert "press:     laure,\n           laure@falcot.com\n" in aliases
    assert "printer:   roland\n" in aliases
    assert "jean:" in aliases
    assert office.text(found, "team") == "laure\n"
    virtual = office.text(found, "virtual")
    assert virtual.startswith("# the brand\nweb@brand.test      laure@falcot.com\n")
    assert "shop@brand.test     laure\n#" not in virtual
    assert (
        "#off@brand.test     jean@falcot.com\nshop@brand.test     laure\njean@other.test     laure\n"
        in virtual
    )
    assert "jean@box.test" in virtual
    assert (
        office.text(found, "logins")
        == "jean@falcot.com laure\nsales@falcot.com laure\nlaure@falcot.com laure\n"
    )
    assert office.text(found, "vmailbox") == ""
    assert "-o always_bcc=laure@falcot.com" in office.text(found, "master.cf")


def test_without_one_all_mail_is_refused(office: Office) -> None:
    chosen = {"virtual:web@brand.test": "remove", "j.martin": "keep", "access": "remove"}
    found = office.leave(choices=chosen)
    assert not found.waits
    states = {fate.address: fate.state for fate in found.proof.fates}
    assert states == {"jean@falcot.com": "refused", "jean@brand.test": "refused"}
    assert found.proof.still == ("aliases:j.martin",)
    resolver = Resolver(office.after(found), office.users)
    assert "moved to (no forwarding address)" in resolver.resolve("jean@localhost").why
    assert resolver.resolve("web@brand.test").why
    assert office.text(found, "recipients") == ""


def test_what_an_alias_that_goes_leaves_behind(office: Office) -> None:
    put(
        office.etc / "virtual",
        "all@brand.test web@brand.test\nweb@brand.test jean\nboth@brand.test web@brand.test, laure\n",
    )
    found = office.leave(choices={"web@brand.test": "remove"})
    names = by_name(found)
    assert names["virtual:all@brand.test"].undecided
    assert names["virtual:both@brand.test"].choice == "remove"
    found = office.leave(choices={"web@brand.test": "remove"}, given={"all@brand.test": "roland"})
    assert office.text(found, "virtual") == "all@brand.test roland\nboth@brand.test laure\n"


@pytest.mark.parametrize(
    ("forward", "why"),
    [
        ("jean", "theirs as well"),
        ("jean@brand.test", "theirs as well"),
        ("j.martin@falcot.com", "would go in a circle"),
        ("nobody@falcot.com", "User unknown"),
        ("nobody@brand.test", "User unknown"),
        ("|cat", "no address"),
        ("a@b, c@d", "no address"),
    ],
)
def test_who_cannot_take_over(office: Office, forward: str, why: str) -> None:
    found = office.leave(forward)
    assert why in found.refused
    assert not found.edits


def test_a_list_with_them_in_it_may_take_over_for_the_others_in_it(office: Office) -> None:
    found = office.leave("sales@falcot.com")
    assert "sales:     laure\n" in office.text(found, "aliases")
    assert "web@brand.test      sales@falcot.com\n" in office.text(found, "virtual")
    resolver = Resolver(office.after(found), office.users)
    ends = [end.address for end in resolver.resolve(JEAN).final]
    assert ends == [LAURE]
    assert not resolver.resolve(JEAN).loops


def test_a_place_or_an_address_that_there_is_not(office: Office) -> None:
    assert office.leave(choices={"virtual:nobody": "keep"}).refused == "there is no place virtual:nobody"
    found = office.leave(given={"logins:jean@falcot.com": "roland"})
    assert found.refused == "logins:jean@falcot.com: not forward, only remove or keep"  # he has no login
    for address in ("", "@falcot.com", "|cat", "a b@c"):
        assert "no address" in office.leave(address=address).refused
    nobody = office.leave(address="paul@falcot.com")
    assert not nobody.refused
    assert nobody.places == ()
    perhaps = [place for place in office.leave().places if place.kind == "perhaps"]
    assert [(place.key, place.line, place.marker) for place in perhaps] == [("jean@box.test", 1, "?")]
    assert office.leave(address="info@brand.test").places[-1].key == "roland@falcot.com"


def test_nobody_may_be_left_without_a_postmaster(office: Office) -> None:
    alone, handed = (office.leave(to, "postmaster@falcot.com") for to in ("", LAURE))
    assert any("RFC 5321" in text for text in alone.says)
    assert not any("RFC 5321" in text for text in handed.says)


def test_forward_files_are_told_of_and_never_edited(office: Office, tmp_path: Path) -> None:
    for name, text in (("jean", "jean@gmail.test\n"), ("roland", "\\roland, jean\n")):
        (tmp_path / "home" / name).mkdir(parents=True)
        put(tmp_path / "home" / name / ".forward", text)
    for user in office.users.all():
        object.__setattr__(user, "uid", (tmp_path / "home/jean/.forward").stat().st_uid)
    found = office.leave(LAURE)
    files = {place.key: place for place in found.places if place.kind == "forward-file"}
    assert {name: place.marker for name, place in files.items()} == {"jean": "?", "roland": "?"}
    assert files["roland"].line == 1
    assert found.proof.nothing  # the new alias comes before his .forward


NAMES = ("jean", "a", "b", "c", "d")
ITEM = st.sampled_from([*NAMES, *(f"{name}@falcot.com" for name in NAMES), *(f"{name}@brand.test" for name in NAMES),
                        "jean+x@falcot.com", "JEAN@localhost", "far@away.test"])  # fmt: skip
ENTRY = st.lists(ITEM, min_size=1, max_size=3)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    aliases=st.dictionaries(st.sampled_from([*NAMES, "list", "Jean+old"]), ENTRY, max_size=5),
    virtual=st.dictionaries(
        st.sampled_from([*(f"{name}@brand.test" for name in NAMES), "jean@falcot.com", "x@falcot.com", "@brand.test"]),
        ENTRY, max_size=6,
    ),
    forward=st.sampled_from(["", "a@falcot.com", "list@falcot.com", "far@away.test"]),
    data=st.data(),
)  # fmt: skip
def test_whoever_leaves_is_at_no_end_and_all_else_stays(
    office: Office,
    aliases: dict[str, list[str]],
    virtual: dict[str, list[str]],
    forward: str,
    data: st.DataObject,
) -> None:
    plain = (office.etc / "main.cf").read_text().replace(f", regexp:{office.etc}/patterns", "")
    if plain != (office.etc / "main.cf").read_text():  # without a table for which a program must be started
        put(office.etc / "main.cf", plain)
    texts = {
        "aliases": "# local\n" + "".join(f"{key}:  {', '.join(items)}\n" for key, items in aliases.items()),
        "virtual": "# brand\n" + "".join(f"{key}\t{' '.join(items)}\n" for key, items in virtual.items()),
    }
    for name, text in texts.items():
        put(office.etc / name, text)
    choices: dict[str, Any] = {}
    found = office.leave(forward)
    assume(not found.refused)
    while found.undecided:
        for place in found.undecided:
            choices[place.name] = data.draw(st.sampled_from(["remove", "keep"]), place.name)
        found = office.leave(forward, choices=choices)
        assert not found.refused
    assert found.proof.nothing, found.proof.words
    resolver = Resolver(office.after(found), office.users)
    own = {resolver.normal(address) for address in found.addresses}
    for key in {*aliases, *virtual, JEAN, "jean@brand.test"}:
        probe = f"probe{key}" if key.startswith("@") else key
        ends = {end.address for end in resolver.resolve(probe).final if end.how != "error"}
        assert not ends & own, (probe, ends)
    touched = {(place.file, place.key.casefold()) for place in found.places if place.edits}
    for name, keys in (("aliases", aliases), ("virtual", virtual)):
        after = office.text(found, name).splitlines(keepends=True)
        kept = [
            line
            for key, line in zip(keys, texts[name].splitlines(keepends=True)[1:], strict=True)
            if (str(office.etc / name), key.casefold()) not in touched
        ]
        rest = iter(after)
        assert all(line in rest for line in [texts[name].splitlines(keepends=True)[0], *kept])
