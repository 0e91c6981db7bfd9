"""The list of parameters, and what a draft makes of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailtui.edits.candidate import Candidate
from mailtui.edits.parameters import ResetParameter, SetParameter
from mailtui.postfix.instance import Instance
from mailtui.postfix.paramlist import ParameterList, ParameterRow, parameter_list
from mailtui.text.query import Query
from tests.postconf import postconf
from tests.postfix.conftest import MakeInstance

EXTRA = """\
biff = yes
biff = no
nothing_uses_it = 1
own = reject
smtpd_restriction_classes = own
smtpd_use_tls = yes
soft_bounce = perhaps
smtpd_sender_restrictions = own
"""


@pytest.fixture
def instance(instance_dir: MakeInstance) -> Instance:
    return Instance.open(str(instance_dir(EXTRA)))


def row(found: ParameterList, name: str) -> ParameterRow:
    place = found.find(name)
    assert place is not None
    assert found.key(place) == name
    return found.row(place)


def test_every_parameter_with_its_value_and_default(instance: Instance) -> None:
    found = parameter_list(instance, instance)
    names = [found.key(index) for index in range(len(found))]
    assert names == sorted(names)
    _, out, _ = postconf(Path(instance.config_dir), "-d")
    defaults = dict(line.split(" =", 1) for line in out.decode().splitlines())
    assert {name for name in names if row(found, name).default is not None} == set(defaults)
    ours = row(found, "smtpd_banner")
    assert (ours.explicit, ours.value, ours.default) == (False, None, "$myhostname ESMTP $mail_name")
    assert ours.effective == "mx.falcot.com ESMTP Postfix"
    assert ours.overridden_by == ("submission/inet",)
    assert "postscreen_greet_banner" in ours.used_by
    assert found.find("no such") is None


def test_marks_of_what_is_wrong(instance: Instance) -> None:
    found = parameter_list(instance, instance, explicit_only=True)
    assert row(found, "biff").marker == "?"
    assert row(found, "biff").duplicates != ()
    assert (row(found, "nothing_uses_it").unused, row(found, "nothing_uses_it").marker) == (True, "?")
    assert row(found, "own").used_by == ("smtpd_restriction_classes", "smtpd_sender_restrictions")
    assert row(found, "smtpd_use_tls").deprecated == "smtpd_tls_security_level"
    assert row(found, "soft_bounce").marker == "!"
    assert row(found, "mydestination").marker == " "
    assert "submission/inet -o smtpd_banner" in row(found, "myhostname").used_by
    assert found.find("smtpd_banner") is None


def test_what_a_draft_makes_of_it(instance: Instance) -> None:
    edits = [
        SetParameter(instance.main, "biff", "yes", "no"),
        SetParameter(instance.main, "relayhost", "[a.example]", None),
        ResetParameter(instance.main, "nothing_uses_it", "1"),
        ResetParameter(instance.main, "mynetworks", "127.0.0.0/8"),
    ]
    found = parameter_list(instance, instance.over(Candidate(instance.files, edits)))
    assert (row(found, "biff").marker, row(found, "biff").was, row(found, "biff").value) == ("~", "no", "yes")
    assert (row(found, "relayhost").marker, row(found, "relayhost").effective) == ("+", "[a.example]")
    gone = row(found, "nothing_uses_it")
    assert (gone.marker, gone.value, gone.effective, gone.explicit) == ("-", "1", None, True)
    assert row(found, "mynetworks").marker == "-"
    assert row(found, "mynetworks").value == "127.0.0.0/8"
    assert len(list(found.rows())) == len(found)


def test_search_looks_at_names_and_values(instance: Instance) -> None:
    found = parameter_list(instance, instance)

    def hits(text: str) -> list[str]:
        return [found.key(at) for at in found.search(Query.parse(text)) if at is not None]

    assert hits("^biff") == ["biff"]
    assert "own" in hits("= reject")
    assert "virtual_alias_domains" in hits("$virtual_alias_maps")
    assert hits("virtual_alias_maps") == ["virtual_alias_maps"], "and no list that refers to it"
    assert None in list(found.search(Query.parse("x")))
