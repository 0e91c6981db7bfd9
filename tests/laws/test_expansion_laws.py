"""`$` expansion equals `postconf -x`: every parameter of every real main.cf, every `-o` of every real
master.cf, and generated values, the broken ones included."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailtui.formats.macros import MacroError, expand
from mailtui.postfix.errors import ParameterError
from mailtui.postfix.instance import Instance
from mailtui.postfix.parameters import squeeze
from mailtui.postfix.values import NETWORK_PARAMETERS, RAW_PARAMETERS, READ_ONLY
from tests.corpus import corpus_files
from tests.formats import macrovalues
from tests.laws.whole import WHOLE, corpus, differs, tally
from tests.postconf import postconf, write

LAW = "$ expansion"

PROCESS_ID = "process_id is that of the postconf that was asked, another each time"
UNREADABLE = "postconf refuses the file: a line of it is no `name = value`"
UNREADABLE_MASTER = "postconf refuses the file: a service lacks a field, or one is wrong"
REFUSED = {"i-MSCP__imscp__1.txt": "postconf refuses its inet_protocols, a name in braces to be filled in"}
RAW_OPTION = "postconf -Px expands what the daemon keeps as written until it is used"
OWN_NETWORKS = (
    "the default of mynetworks is worked out anew from the service's own settings, as its daemon does"
)


def printed(raw: bytes) -> dict[str, str]:
    """The `name = value` lines of postconf."""
    pairs = (line.partition(" =") for line in raw.decode("utf-8", "surrogateescape").split("\n") if line)
    return {name: value.strip() for name, _, value in pairs}


def told(ask: Callable[[str], str], name: str) -> str:
    try:
        return ask(name)
    except ParameterError as error:
        return f"no value: {error}"


def check_main_cf(folder: Path, where: str) -> None:
    """Every parameter that `postconf -x` prints, set or by default, has the same value here."""
    code, out, error = postconf(folder, "-x")
    ours = Instance.open(str(folder)).parameters
    if code:
        assert where in REFUSED or ours.values.main.problems, error
        differs(LAW, where, REFUSED.get(where, UNREADABLE))
        return
    real = printed(out)
    pid, our_pid = real["process_id"], ours.effective("process_id")
    wrong = {}
    for name, value in real.items():
        mine = told(ours.effective, name)
        if mine == value:
            continue
        if mine.replace(our_pid, pid) == value:
            differs(LAW, f"{where} {name}", PROCESS_ID)
        else:
            wrong[name] = (mine, value)
    assert wrong == {}
    tally(LAW, files=1, values=len(real))


def check_services(folder: Path, where: str) -> None:
    """Every `-o name=value` that `postconf -Px` prints has the same value here."""
    code, out, error = postconf(folder, "-Px")
    ours = Instance.open(str(folder)).parameters
    if code:
        assert ours.values.master is not None
        assert ours.values.master.problems, error
        differs(LAW, where, UNREADABLE_MASTER)
        return
    real = printed(out)
    mine = {}
    for service in ours.values.services:
        there = ours.service(service.name, service.type)
        for name in sorted(service.options.keys() - READ_ONLY):
            mine[f"{service.name}/{service.type}/{name}"] = told(there.effective, name)
    assert mine.keys() == real.keys()
    wrong = {}
    for key, value in real.items():
        service_name, _, name = key.rpartition("/")
        options = ours.service(*service_name.rsplit("/", 1)).options
        if mine[key] == value:
            continue
        if name in RAW_PARAMETERS:
            assert mine[key] == squeeze(options[name])
            differs(LAW, f"{where} {key}", RAW_OPTION)
        elif "mynetworks" in options[name] and not options.keys().isdisjoint(NETWORK_PARAMETERS):
            differs(LAW, f"{where} {key}", OWN_NETWORKS)
        else:
            wrong[key] = (mine[key], value)
    assert wrong == {}
    tally(LAW, files=1, options=len(real))


@pytest.mark.law
@pytest.mark.parametrize("path", corpus("main.cf", 20, templated=True) or [None], ids=str)
def test_every_value_of_a_real_main_cf_expands_as_postconf_expands_it(
    path: Path | None, corpus: Path, tmp_path: Path
) -> None:
    assert path is not None
    write(tmp_path, path.read_bytes())
    check_main_cf(tmp_path, path.name)


@pytest.mark.law
@pytest.mark.parametrize("path", corpus("master.cf", 20, templated=True) or [None], ids=str)
def test_every_option_of_a_real_service_expands_as_postconf_expands_it(
    path: Path | None, corpus: Path, tmp_path: Path
) -> None:
    """With the main.cf of the same people, where there is one that postconf reads."""
    assert path is not None
    main = next((each for each in corpus_files("main.cf") if each.name == path.name), None)
    write(tmp_path, main.read_bytes() if main else b"", path.read_bytes())
    if main and postconf(tmp_path, "-n")[0]:
        write(tmp_path, b"", path.read_bytes())
    check_services(tmp_path, path.name)


@pytest.mark.law
def test_the_defaults_expand_as_postconf_expands_them(tmp_path: Path) -> None:
    write(tmp_path)
    check_main_cf(tmp_path, "no main.cf")


SERVICES = b"""\
smtp inet n - n - - smtpd
  -o syslog_name=postfix/$service_name -o a=$process_name -o myhostname=svc.example -o smtpd_banner=$relayhost
  -o process_name=zzz -o b=$process_name -o service_name=qq -o c=$service_name -o e=$luser_relay
  -o mydestination=$mydomain,$config_directory -o f=$class
lmtp unix - - n - - lmtp
  -o x=$myhostname -o {y = ${x?b}  $lmtp_tls_policy_maps} -o bounce_queue_lifetime=${z:$maximal_queue_lifetime}
10.0.0.1:25 inet n - n - - smtpd -o q=$service_name -o -v -o smtp_helo_name=$q
"""
MAIN = b"""\
relayhost = x$myhostname
myhostname = main.example
class = $smtpd_helo_restrictions
smtpd_helo_restrictions = ${service_name}
process_name = ours
z = $process_name
"""


def test_names_of_the_program_and_the_service(tmp_path: Path) -> None:
    """`$process_name` and `$service_name` are each service's own; nothing in a file can set them."""
    write(tmp_path, MAIN, SERVICES.replace(b" -o -v", b""))
    check_main_cf(tmp_path, "names")
    check_services(tmp_path, "names")
    ours = Instance.open(str(tmp_path)).parameters
    assert ours.service("smtp", "inet").effective("syslog_name") == "postfix/smtp"
    assert ours.service("10.0.0.1:25", "inet").effective("smtp_helo_name") == "10.0.0.1:25"


# Generated values. Names are the admin's own, Postfix's, and unknown ones.

VALUES = {
    **macrovalues.VALUES,
    "myhostname": "mx.falcot.com",
    "mydestination": "$myhostname, localhost.$mydomain",
    "mydomain": "falcot.com",
}
NAMES = st.sampled_from([*VALUES, "nope", "_x", "relay_domains"])
BLANK = st.sampled_from(["", "", " ", "\t", "  "])
PLAIN = st.sampled_from(
    [
        "a",
        "b c",
        "1",
        "09",
        "10",
        ":",
        "?",
        "$$",
        "-",
        "{x}",
        "",
        " ",
        "3.1",
        "3.10",
        "é",
        ",",
        "<",
        "=",
        "( )",
    ]
)
OPERATORS = st.sampled_from(
    ["==", "!=", "<", "<=", ">=", ">", "<level", "<=level", "==level", "!=level", ">=level", ">level"]
)


def _grow(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    braced = st.builds("{{{}}}".format, inner)
    condition = st.builds("{0}{1}{2}{1}{3}".format, braced, BLANK, OPERATORS, braced)
    subject = st.one_of(NAMES, st.builds(" {} ".format, NAMES), condition)
    return st.one_of(
        st.builds("{}{}".format, inner, inner),
        st.builds("${{{}}}".format, subject),
        st.builds("${{{}?{}}}".format, subject, inner),
        st.builds("${{{}:{}}}".format, subject, inner),
        st.builds("$({}?{})".format, NAMES, inner),
        st.builds("$({}{}:{})".format, NAMES, BLANK, braced),
        st.builds("${{{0}{1}?{1}{2}{1}}}".format, subject, BLANK, braced),
        st.builds("${{{0}{1}?{1}{2}{1}:{1}{3}{1}}}".format, subject, BLANK, braced, braced),
        st.builds("${{{0}{1}?{1}{2}:{3}}}".format, subject, BLANK, braced, inner),
    )


FORMS = st.recursive(
    st.one_of(
        PLAIN,
        st.builds("${}".format, NAMES),
        st.builds("${{{}}}".format, NAMES),
        st.builds("$({})".format, NAMES),
    ),
    _grow,
    max_leaves=8,
)


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """A form with one character lost, or one too many."""
    text = draw(FORMS.filter(lambda form: "$" in form))
    at = draw(st.integers(0, len(text) - 1))
    if draw(st.booleans()):
        return text[:at] + text[at + 1 :]
    return text[:at] + draw(st.sampled_from("${}():?=<>! a")) + text[at:]


def mine(form: str) -> str | None:
    """Our value as postconf would print it; None where we say that no program can expand it."""
    known = {**VALUES, "relay_domains": "${{$compatibility_level} <level {2} ? {$mydestination} :}"}
    known["compatibility_level"] = "3.6"
    try:
        return squeeze(expand(form.strip(" \t"), known.get))
    except MacroError:
        return None


def ask(folder: Path, forms: list[str]) -> subprocess.Popen[bytes]:
    """A postconf at work on the forms, each the value of a parameter."""
    lines = [f"{name} = {value}" for name, value in {**VALUES, "compatibility_level": "3.6"}.items()]
    lines += [f"form{number} = {form}" for number, form in enumerate(forms)]
    names = [f"form{number}" for number in range(len(forms))]
    # restriction classes are names that postconf knows, so that it prints them
    folder.mkdir()
    write(folder, "\n".join([f"smtpd_restriction_classes = {' '.join(names)}", *lines, ""]).encode())
    return subprocess.Popen(
        ["postconf", "-c", folder, "-x", *names], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )


def agrees(folder: Path, forms: list[str]) -> None:
    """Together the good ones; one by one and at the same time the bad ones: it takes a second to die."""
    ours = [(form, mine(form)) for form in forms]
    good = [(form, value) for form, value in ours if value is not None]
    bad = [form for form, value in ours if value is None]
    together = ask(folder / "good", [form for form, _ in good])
    dying = [(form, ask(folder / str(number), [form])) for number, form in enumerate(bad)]
    said = printed(together.communicate()[0])
    assert good == [(form, said.get(f"form{number}")) for number, (form, _) in enumerate(good)]
    alive = {form: out for form, process in dying if (out := process.communicate()[0])}
    assert alive == {}
    assert all(process.returncode for _, process in dying)
    tally(LAW, generated=len(forms), broken=len(bad))


@pytest.mark.law
@given(forms=st.lists(FORMS, min_size=20, max_size=40))
@settings(
    max_examples=150 if WHOLE else 4,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    database=None,
)
def test_any_nested_form_expands_as_postconf_expands_it(
    forms: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    agrees(tmp_path_factory.mktemp("forms"), forms)


@pytest.mark.law
@given(forms=st.lists(damaged(), min_size=10, max_size=20))
@settings(
    max_examples=150 if WHOLE else 4,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    database=None,
)
def test_a_damaged_form_expands_or_dies_as_in_postconf(
    forms: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    agrees(tmp_path_factory.mktemp("damaged"), forms)
