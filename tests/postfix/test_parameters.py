"""Parameters: what is written, what is in force; the real postconf is the judge."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mailtui.formats.maincf import MainCf
from mailtui.postfix.errors import ParameterError
from mailtui.postfix.instance import Instance
from mailtui.postfix.parameters import Parameters, ParameterView
from mailtui.postfix.values import RAW_PARAMETERS
from tests.corpus import corpus_files
from tests.postfix.conftest import MakeInstance, postconf, put, run

WRITTEN = """\
compatibility_level = 3.6
mydomain = falcot.com
myhostname = mx.$mydomain
mydestination = $myhostname,
# a comment between
    localhost.$mydomain,

    $mydomain
mynetworks = 127.0.0.0/8   [::1]/128
relay_domains = old.example
own = ${mydomain?{yes, $mydomain}:{no}}
own2 = ${none:fallback} ${{$mydomain} == {falcot.com} ? {a} : {b}}
relay_domains = $own new.example
smtpd_banner = $myhostname ESMTP $$5 ${mail_name}   (two  blanks)
smtpd_restriction_classes = strict
strict = reject_unknown_client_hostname, permit
never_used = 1
empty =
virtual_alias_maps = hash:$config_directory/virtual
smtp_destination_rate_delay = ${empty:1s}
smtp_nonsense_limit = 3
"""


def steady(values: dict[str, str]) -> dict[str, str]:
    """Without what names the process that was asked."""
    return {
        name: value for name, value in values.items() if name != "process_id" and "$process_" not in value
    }


def opened(folder: Path) -> Parameters:
    return Instance.open(str(folder)).parameters


@pytest.fixture
def parameters(instance_dir: MakeInstance) -> Parameters:
    return opened(instance_dir(WRITTEN.encode()))


def by_postconf(folder: Path, *options: str) -> dict[str, str]:
    return parsed(postconf(folder, *options).encode("utf-8", "surrogateescape"))


def parsed(out: bytes) -> dict[str, str]:
    """`name = value` lines of postconf."""
    lines = out.decode("utf-8", "surrogateescape").split("\n")
    return {name: value.strip(" ") for name, _, value in (line.partition(" =") for line in lines if line)}


def test_every_parameter_is_what_postconf_says(instance_dir: MakeInstance) -> None:
    folder = instance_dir(WRITTEN.encode())
    ours = opened(folder)
    written = steady(by_postconf(folder))
    truth = by_postconf(folder, "-x")
    assert len(written) > 800
    assert {name: ours.effective(name) for name in written} == {name: truth[name] for name in written}


def test_parameters_that_are_expanded_later_are_those_of_this_postfix(instance_dir: MakeInstance) -> None:
    names = by_postconf(instance_dir(), "-d")
    kept = {"compatibility_level", "inet_interfaces", "inet_protocols"}
    folder = instance_dir("".join(f"{name} = a$$b\n" for name in names if name not in kept).encode())
    assert {name for name, value in by_postconf(folder, "-x").items() if value == "a$$b"} == RAW_PARAMETERS


@pytest.mark.parametrize(
    "main",
    [
        b"",
        b"compatibility_level = 1\nmydestination = a.example\n",
        b"myhostname = mx.falcot.com\ninet_interfaces = loopback-only\n",
        b"mydomain = falcot.com\nmynetworks_style = host\n",
        b"myhostname = single\n",
        b"compatibility_level = 2\nmynetworks_style = class\ninet_protocols = ipv4\r\nmyorigin=$mydomain\r\n",
        b"a = 1\n#b = 2\n   continued\nb = \xff\xfe\xe9\nmyhostname = $b.x\nmyhostname = h.$a.example\n",
    ],
)
def test_worked_out_defaults(instance_dir: MakeInstance, main: bytes) -> None:
    folder = instance_dir(main)
    ours = opened(folder)
    truth = by_postconf(folder, "-x")
    for name in ("myhostname", "mydomain", "mynetworks", "myorigin", "mydestination", "relay_domains",
                 "config_directory", "parent_domain_matches_subdomains", "smtpd_relay_restrictions", "a", "b"):  # fmt: skip
        if name in truth:
            assert ours.effective(name) == truth[name]


def test_as_written(parameters: Parameters) -> None:
    assert parameters.get("myhostname") == "mx.$mydomain"
    assert parameters.get("mydestination") == "$myhostname,    localhost.$mydomain,    $mydomain"
    assert parameters.get("empty") == ""
    assert parameters.get("queue_directory") is None
    assert parameters.default("queue_directory") == "/var/spool/postfix"
    assert parameters.default("own") is None


def test_blanks_inside_a_value_reach_the_daemon(parameters: Parameters) -> None:
    assert parameters.expanded("smtpd_banner") == "mx.falcot.com ESMTP $5 Postfix   (two  blanks)"
    assert parameters.effective("smtpd_banner") == "mx.falcot.com ESMTP $5 Postfix (two blanks)"


def test_items_with_their_lines(parameters: Parameters) -> None:
    assert parameters.items("mydestination") == [
        ("$myhostname", 4),
        ("localhost.$mydomain", 6),
        ("$mydomain", 8),
    ]
    assert parameters.items("queue_directory") == []


def test_view(parameters: Parameters) -> None:
    view = parameters.view("relay_domains")
    assert view == ParameterView(
        "relay_domains",
        "$own new.example",
        "yes, falcot.com new.example",
        "${{$compatibility_level} <level {2} ? {$mydestination} : {}}",
        explicit=True,
        file=parameters.file,
        line=13,
        unused=False,
        duplicates=(10,),
    )
    assert parameters.view("empty").effective == ""
    unset = parameters.view("queue_directory")
    assert (unset.value, unset.explicit, unset.line, unset.unused) == (None, False, None, None)
    assert unset.effective == "/var/spool/postfix"


def test_unused_is_postconfs_own_warning(instance_dir: MakeInstance) -> None:
    folder = instance_dir(WRITTEN)
    ours = opened(folder)
    err = run("postconf", "-c", str(folder), "-n").stderr.decode()
    told = set(re.findall(r"unused parameter: ([^=\n]+)=", err))
    views = list(ours.list(explicit_only=True))
    assert {view.name for view in views if view.unused} == told
    assert {"never_used", "smtp_nonsense_limit"} <= told
    assert "strict" not in told


def test_list_holds_every_name(parameters: Parameters) -> None:
    names = [view.name for view in parameters.list()]
    assert names == sorted(set(names))
    assert {"own", "never_used", "queue_directory", "smtp_destination_rate_delay"} <= set(names)
    explicit = {view.name for view in parameters.list(explicit_only=True) if view.explicit}
    assert explicit == {line.split()[0] for line in WRITTEN.splitlines() if line[:1].isalpha()}


def test_unknown_names(parameters: Parameters) -> None:
    with pytest.raises(ParameterError, match="no parameter smtpd_baner; did you mean smtpd_banner"):
        parameters.effective("smtpd_baner")
    with pytest.raises(ParameterError, match="no parameter zzzz"):
        parameters.view("zzzz")
    assert parameters.get("zzzz") is None


def test_a_broken_macro_says_where(instance_dir: MakeInstance) -> None:
    folder = instance_dir("good = 1\nsmtpd_banner = ${myhostname\nuses = $smtpd_banner\n")
    ours = opened(folder)
    assert ours.effective("good") == "1"
    with pytest.raises(ParameterError) as caught:
        ours.effective("smtpd_banner")
    assert (caught.value.file, caught.value.line) == (f"{folder}/main.cf", 2)
    assert str(caught.value).startswith(f"{folder}/main.cf:2: smtpd_banner cannot be expanded: ")
    view = ours.view("uses")
    assert view.effective is None
    assert "cannot be expanded" in view.problem
    assert view.unused is None
    assert "macro" in ours.unused_problem
    assert run("postconf", "-c", str(folder), "-xh", "smtpd_banner").returncode != 0


@pytest.mark.parametrize("main", ["mydomain = $mydomain\n", "a = $b\nb = $a\nmydomain = $a\n"])
def test_a_value_that_needs_itself(instance_dir: MakeInstance, main: str) -> None:
    with pytest.raises(ParameterError, match="mydomain"):
        opened(instance_dir(main)).effective("mydomain")


@pytest.mark.parametrize("main", [b"myhostname = mx.$mydomain\n", b"mydomain = x.$myhostname\n"])
def test_names_worked_out_from_each_other(instance_dir: MakeInstance, main: bytes) -> None:
    ours = opened(instance_dir(main))
    for name in ("myhostname", "mydomain"):
        try:
            assert ours.effective(name)
        except ParameterError as error:
            assert "from itself" in str(error)  # noqa: PT017 - either is right: it depends on the host's name


def test_services_have_their_own_values(instance_dir: MakeInstance) -> None:
    folder = instance_dir("myhostname = mx.falcot.com\n")
    ours = opened(folder)
    assert ours.overrides("smtpd_banner") == ("submission/inet",)
    assert ours.overrides("syslog_name") == ("submission/inet",)
    assert ours.overrides("myhostname") == ()
    submission = ours.service("submission", "inet")
    assert submission.effective("smtpd_banner") == "mx.falcot.com for users"
    assert submission.expanded("smtpd_banner") == "mx.falcot.com  for users"
    assert submission.effective("myhostname") == "mx.falcot.com"
    assert ours.service("smtp", "inet").effective("smtpd_banner") == ours.effective("smtpd_banner")
    assert ours.view("smtpd_banner").overridden_by == ("submission/inet",)
    with pytest.raises(ParameterError, match="no service nosuch/inet"):
        ours.service("nosuch", "inet")


def test_an_option_reaches_what_refers_to_it(instance_dir: MakeInstance) -> None:
    folder = instance_dir(
        "mua = permit_mynetworks, reject\nsmtpd_relay_restrictions = $mua\n",
        master="587 inet n - n - - smtpd -o mua=permit_sasl_authenticated,reject -o mua=reject\n",
    )
    ours = opened(folder)
    assert ours.service("587", "inet").effective("smtpd_relay_restrictions") == "reject"
    assert ours.effective("smtpd_relay_restrictions") == "permit_mynetworks, reject"


def test_of_two_services_alike_the_last_counts(instance_dir: MakeInstance) -> None:
    lines = (f"587 inet n - n - - smtpd -o smtpd_banner={name}\n" for name in ("first", "last"))
    ours = opened(instance_dir(master="".join(lines)))
    assert ours.service("587", "inet").effective("smtpd_banner") == "last"
    assert ours.overrides("smtpd_banner") == ("587/inet",)


def test_a_broken_master_cf_leaves_main_cf_readable(instance_dir: MakeInstance) -> None:
    ours = opened(instance_dir("mydomain = falcot.com\n", master="smtp inet n\n"))
    assert ours.effective("mydomain") == "falcot.com"
    assert ours.effective("queue_directory") == "/var/spool/postfix"
    assert ours.view("mydomain").unused is None
    assert "bad field count" in ours.unused_problem


def test_a_missing_master_cf(instance_dir: MakeInstance) -> None:
    folder = instance_dir("mydomain = falcot.com\n")
    (folder / "master.cf").unlink()
    ours = opened(folder)
    assert ours.effective("queue_directory") == "/var/spool/postfix"
    assert ours.overrides("smtpd_banner") == ()


def test_a_hot_file_costs_no_wait(instance_dir: MakeInstance) -> None:
    import time

    folder = instance_dir("mydomain = falcot.com\nunu = 1\n")
    put(folder / "main.cf", (folder / "main.cf").read_bytes(), age=0)
    begun = time.monotonic()
    ours = opened(folder)
    assert ours.effective("queue_directory") == "/var/spool/postfix"
    assert ours.view("unu").unused
    assert time.monotonic() - begun < 1.0


def test_explicit_values_need_no_program(instance_dir: MakeInstance, monkeypatch: pytest.MonkeyPatch) -> None:
    from mailtui import commands

    def refuse(*args: object, **options: object) -> commands.Result:
        raise AssertionError(f"started {args}")

    monkeypatch.setattr(commands, "ask", refuse)
    ours = opened(instance_dir("myhostname = mx.falcot.com\nmyorigin = $mydomain\n"))
    assert ours.effective("myorigin") == "falcot.com"


@pytest.mark.skipif(not corpus_files("main.cf"), reason="the real files are not at hand")
@pytest.mark.parametrize("file", corpus_files("main.cf", 20), ids=lambda file: file.name)
def test_real_files_are_read_as_postconf_reads_them(file: Path, instance_dir: MakeInstance) -> None:
    folder = instance_dir(file.read_bytes())
    views = {view.name: view for view in opened(folder).list(explicit_only=True)}
    values = {name: view.effective for name, view in views.items() if "$process_" not in (view.value or "")}
    done = run("postconf", "-c", str(folder), "-x")
    if done.returncode == 0:
        said = parsed(done.stdout)
        assert {name: value for name, value in values.items() if name in said} == {
            name: said[name] for name in values if name in said
        }
        assert {name for name in values if name not in said} <= {name for name in views if views[name].unused}
    elif b"macro" in done.stderr:  # one broken value, and postconf says nothing of the others
        assert any(view.effective is None for view in views.values()), done.stderr
    else:
        assert MainCf.parse(file.read_bytes()).problems, done.stderr
    err = run("postconf", "-c", str(folder), "-n").stderr.decode("utf-8", "surrogateescape")
    told = set(re.findall(r"unused parameter: ([^=\n]+)=", err))
    assert {view.name for view in views.values() if view.unused} == told
