"""The rules for values agree with the programs: smtpd started alone dies exactly where they say so, and they
find no error in real files but those that are there."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from mailtui.postfix.errors import ParameterError
from mailtui.postfix.instance import Instance
from mailtui.postfix.paramcheck import check_value, errors
from tests.laws.whole import corpus, differs, sample, tally
from tests.postconf import write

LAW = "rules for values"
MAIN = {
    "compatibility_level": "3.6",
    "myhostname": "mx.falcot.com",
    "alias_maps": "",
    "local_recipient_maps": "",
    "inet_interfaces": "127.0.0.1",
    "inet_protocols": "ipv4",
    "mynetworks": "127.0.0.0/8",
    "mailbox_size_limit": "0",
}
CASES = """\
smtpd_helo_required=YES
smtpd_helo_required=true
smtpd_helo_required=
smtpd_timeout=5
smtpd_timeout=5S
smtpd_timeout=5sec
smtpd_timeout=+5s
smtpd_timeout=0
smtpd_timeout=-1
smtpd_timeout=5 s
smtpd_timeout=99999w
smtpd_error_sleep_time=0
smtpd_error_sleep_time=-1
in_flow_delay=11
smtpd_recipient_limit=+5
smtpd_recipient_limit=0x10
smtpd_recipient_limit=99999999999
smtpd_recipient_limit=0
smtpd_soft_error_limit=0
line_length_limit=511
line_length_limit=512
message_size_limit=-1
message_size_limit=99999999999
message_size_limit=10M
smtpd_client_connection_count_limit=-1
smtpd_tls_security_level=MAY
smtpd_tls_security_level=maybe
smtpd_tls_security_level=dane
smtpd_tls_security_level=secure
smtpd_forbid_bare_newline=note
smtpd_forbid_bare_newline=Normalize
notify_classes=resource, software
notify_classes=resource, Software
notify_classes=
inet_protocols=
inet_protocols=IPv4
inet_protocols=ipv7
receive_override_options=no_milters,bogus
receive_override_options=no_milters
myhostname=a.b.example.
myhostname=192.0.2.1
myhostname=a_b.example
myhostname=-a.b
mydomain=x
compatibility_level=3.10
compatibility_level=4
compatibility_level=3.6.5
compatibility_level=new
compatibility_level=-1
syslog_facility=bogus
syslog_facility=local3
unverified_sender_defer_code=550
mail_owner=nobody-of-that-name
default_privs=root
setgid_group=no-such-group
queue_directory=/nonexistent
smtpd_banner=
myorigin=
default_verp_delimiters=+
mynetworks=!
header_from_format=bogus
smtpd_banner=${myhostname
smtpd_banner=$ x
"""


def _smtpd(folder: Path, name: str, value: str) -> bool:
    """Whether smtpd(8), alone and as nobody, lives to answer EHLO."""
    text = "".join(f"{each} = {said}\n" for each, said in {**MAIN, name: value}.items())
    write(folder, text.encode())
    folder.chmod(0o755)
    done = subprocess.run(
        ["/usr/lib/postfix/sbin/smtpd", "-S"],
        input=b"EHLO x\r\nQUIT\r\n",
        capture_output=True,
        env={"MAIL_CONFIG": str(folder), "PATH": os.environ["PATH"]},
        timeout=30,
        user="nobody",
        group="nogroup",
        extra_groups=[],
        check=False,
    )
    return done.returncode == 0 and b"\n250" in done.stdout


@pytest.mark.law
@pytest.mark.parametrize("case", sample(CASES.splitlines(), 5, "value rules"))
def test_smtpd_dies_where_the_rules_say_so(tmp_path_factory: pytest.TempPathFactory, case: str) -> None:
    if os.geteuid() != 0 or not Path("/usr/lib/postfix/sbin/smtpd").exists():
        pytest.skip("only root can start smtpd as nobody")
    name, _, value = case.partition("=")
    folder = tmp_path_factory.mktemp("etc")
    for parent in (*folder.parents,)[:3]:
        if parent != Path("/tmp"):
            parent.chmod(0o755)
    lives = _smtpd(folder, name, value)
    write(folder, "".join(f"{each} = {said}\n" for each, said in MAIN.items()).encode())
    found = errors(check_value(Instance.open(str(folder)), name, value))
    assert lives is not bool(found), found
    tally(LAW, tried=1)


ELSEWHERE = frozenset(("table", "file", "host", "service"))
"""What is said of files, accounts and table types that the file's own host has and this one lacks."""
REASONS = (
    (r"[{<].*[}>]|DOMAIN|MAX_EMAIL|KEY\b", "a template's place, not filled in"),
    (r"^\w+_(path|group|directory) =it may not be empty", "the source's own sample main.cf"),
    (r"[ \t]#|= #", "a comment behind the value, which is no comment: Postfix stops there too"),
    (r"message_size_limit = \d{8,}", "mailboxes left smaller than a message: local(8) or virtual(8) stops"),
    (r"^smtpd_recipient_restrictions = ", "no reject_unauth_destination, or a backslash or blank in a name"),
    (r"spamrats|cobion", "zones without the reject_rbl_client before them"),
    (r"mail.domain.example", "lines that were joined by a lost newline"),
    (r"^mailbox_size_limit =it may not be empty", "an empty number: Postfix stops"),
)
"""Errors that are there, and why."""


@pytest.mark.law
@pytest.mark.parametrize("path", corpus("main.cf", 20) or [None])
def test_real_files_have_no_other_errors(tmp_path: Path, path: Path | None) -> None:
    if path is None:
        pytest.skip("no corpus of real files: set MAILTUI_CORPUS to its folder")
    (tmp_path / "main.cf").write_bytes(path.read_bytes())
    instance = Instance.open(str(tmp_path))
    tried = 0
    for name, value in instance.parameters.values.explicit.items():
        try:
            found = errors(check_value(instance, name, value))
        except ParameterError as error:
            differs(LAW, path.name, str(error))
            continue
        tried += 1
        shown = f"{name} = {value}".strip()
        for each in found:
            if each.about in ELSEWHERE:
                continue
            why = next((why for what, why in REASONS if re.search(what, shown + each.text)), "")
            assert why, f"{path.name}: {shown}: {each.text}"
            differs(LAW, f"{path.name}: {name}", why)
    tally(LAW, files=1, values=tried)
