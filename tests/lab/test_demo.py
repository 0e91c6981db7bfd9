"""The demo as a whole: what it delivers, what it refuses, and that nothing of it stays."""

from __future__ import annotations

import os
import pty
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailtui.demo import guards, traffic
from mailtui.demo.lab import Lab
from mailtui.demo.place import Mode, Place

DEMO = [sys.executable, "-m", "mailtui.demo"]
WITHIN = 15.0


def processes_of(directory: str) -> list[str]:
    """Command lines, environments and open folders of processes that still belong to a demo."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            words = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            where = str((entry / "cwd").readlink())
        except OSError:
            continue
        if directory.encode() in words or where.startswith(directory):
            found.append(words[:200].decode("utf-8", "replace"))
    return found


def assert_gone(directory: str) -> None:
    limit = time.monotonic() + 5
    while (processes_of(directory) or Path(directory).exists()) and time.monotonic() < limit:
        time.sleep(0.02)
    assert processes_of(directory) == []
    assert not Path(directory).exists()
    assert directory not in Path("/proc/self/mountinfo").read_text()


def start(*flags: str, command: str) -> tuple[subprocess.Popen[bytes], str]:
    """Start a demo that runs a shell command printing its folder first; the process and the folder."""
    demo = subprocess.Popen(
        [*DEMO, *flags, "--", "sh", "-c", f'echo "${{MAILTUI_CONFIG_DIR%/etc/postfix}}"; {command}'],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,  # what readline took beyond its line would be lost to communicate
    )
    assert demo.stdout is not None
    directory = demo.stdout.readline().decode().strip()
    assert Path(directory, "etc", "postfix", "main.cf").is_file()
    return demo, directory


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder of its own that user postfix may enter, unlike pytest's."""
    made = Path(tempfile.mkdtemp(prefix="mt-", dir="/tmp"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


def queue_folders(spool: Path) -> dict[str, tuple[int, int, str]]:
    told = {each.name: each.stat() for each in spool.iterdir() if each.is_dir() and each.name != "etc"}
    return {name: (stat.st_uid, stat.st_gid, oct(stat.st_mode)) for name, stat in told.items()}


def test_its_queue_is_as_postfix_makes_one(shared_lab: Lab) -> None:
    made = queue_folders(shared_lab.place.spool)
    script = (
        'cp -r "$MAILTUI_CONFIG_DIR" "$1/etc" && mkdir "$1/spool" && postconf -c "$1/etc" -e queue_directory="$1/spool"'
        ' && postfix -c "$1/etc" check'
    )
    with tempfile.TemporaryDirectory(prefix="mt-", dir="/tmp") as folder:
        os.chmod(folder, 0o755)
        done = shared_lab.run("sh", "-c", script, "sh", folder)
        assert done.ok, done.words
        theirs = queue_folders(Path(folder, "spool"))
    assert {name: made[name] for name in theirs} == theirs
    assert not (shared_lab.place.spool / "quick-start").exists()
    before = shared_lab.log_size()
    done = shared_lab.postfix("check")
    assert (done.ok, shared_lab.log.read_bytes()[before:]) == (True, b"")


def test_mail_goes_where_the_tables_say(shared_lab: Lab) -> None:
    after = shared_lab.log_size()
    assert shared_lab.send("webmaster@falcotsbrand.com", subject="to jean").accepted
    assert shared_lab.send("ticket-42@falcot.com", subject="broken mouse").accepted
    assert shared_lab.send("jean@falcot.org", "sophie@falcot.org", "archive@falcot.com").accepted
    shared_lab.logged(
        r"to=<jean@falcot\.com>, orig_to=<webmaster@falcotsbrand\.com>.*status=sent", after=after
    )
    shared_lab.logged(r"orig_to=<ticket-42@falcot\.com>.*delivered to command", after=after)
    shared_lab.logged(r"to=<jean@falcot\.org>.*delivered to maildir", after=after)
    shared_lab.logged(r"to=<sophie@falcot\.org>.*delivered to mailbox", after=after)
    shared_lab.logged(r"to=<archive@falcot\.com>.*delivered to file", after=after)
    assert b"Subject: to jean" in shared_lab.mailbox("jean")
    assert b"broken mouse" in shared_lab.mailbox("shared/tickets")


@pytest.mark.parametrize(
    ("client", "to", "code", "words"),
    [
        (traffic.LISTED, "jean@falcot.com", 554, "dnsbl.falcot.test"),
        (traffic.BULK, "jean@falcot.com", 554, "Client host rejected"),
        (traffic.DIALUP, "joe@falcot.com", 554, "dial-up pool"),
        (traffic.NAMELESS, "jean@falcot.com", 504, "fully-qualified"),
        (traffic.PARTNER, "stranger@falcot.com", 550, "User unknown"),
        (traffic.PARTNER, "somebody@elsewhere.example", 554, "Relay access denied"),
        (traffic.NEWCOMER, "jobs@falcot.com", 450, "greylisted"),
        (traffic.NEWCOMER, "laure@falcot.com", 250, ""),
    ],
)
def test_what_a_stranger_is_told(
    shared_lab: Lab, client: tuple[str, str], to: str, code: int, words: str
) -> None:
    answer = shared_lab.send(to, sender="eve@new.example", client=client)
    assert (answer.code, words in answer.text) == (code, True), answer


def test_other_hosts_take_refuse_and_delay(shared_lab: Lab) -> None:
    after = shared_lab.log_size()
    desk = "roland@falcot.com"
    for who in ("customer@bigmail.example", "gone@bigmail.example", "busy@bigmail.example"):
        assert shared_lab.send(who, sender=desk).accepted
    shared_lab.logged(r"to=<customer@bigmail\.example>.*status=sent", after=after)
    shared_lab.logged(r"to=<gone@bigmail\.example>.*status=bounced", after=after)
    shared_lab.logged(r"to=<busy@bigmail\.example>.*status=deferred", after=after)


def test_the_opening_traffic_has_every_outcome() -> None:
    with Lab(traffic=True) as lab:
        for pattern in ("status=sent", "status=deferred", "status=bounced", "reject: RCPT", "reject: header"):
            lab.logged(pattern)
        assert not lab.place.errors.exists()


def test_the_log_also_takes_what_goes_to_syslog(shared_lab: Lab) -> None:
    after = shared_lab.log_size()
    code = "import syslog; syslog.openlog('postfix/said'); syslog.syslog('fatal: seen')"
    assert shared_lab.run(sys.executable, "-c", code).ok
    shared_lab.logged(r"^\w+ +\d+ [\d:]{8} mail postfix/said: fatal: seen$", after=after)


def test_nothing_reaches_the_outside(shared_lab: Lab) -> None:
    code = "import socket; socket.create_connection(('8.8.8.8', 53), 3)"
    done = shared_lab.run(sys.executable, "-c", code)
    assert not done.ok
    assert b"Network is unreachable" in done.err


def test_the_host_is_not_seen_and_not_touched(lab: Lab) -> None:
    before = {path: Path(path).read_bytes() for path in ("/etc/passwd", "/etc/hosts", "/etc/resolv.conf")}
    assert lab.run("getent", "passwd", "jean").out.startswith(b"jean:x:21001:")
    assert {path: Path(path).read_bytes() for path in before} == before
    assert lab.postfix("reload").ok
    directory = str(lab.directory)
    assert lab.stop() == 0
    assert_gone(directory)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_a_signal_takes_everything_down(number: signal.Signals) -> None:
    demo, directory = start(command="sleep 100")
    demo.send_signal(number)
    demo.communicate(timeout=WITHIN)
    assert_gone(directory)
    assert demo.returncode == (-number if number is signal.SIGKILL else 128 + number)


def test_a_command_that_does_not_want_to_end_is_killed() -> None:
    demo, directory = start(command="trap '' TERM HUP; while :; do sleep 1; done")
    demo.terminate()
    demo.communicate(timeout=WITHIN)
    assert_gone(directory)


def test_the_exit_status_is_the_commands() -> None:
    demo, directory = start(command="exit 7")
    assert demo.wait(WITHIN) == 7
    demo.communicate()
    assert_gone(directory)


def test_kept_and_started_again(short: Path) -> None:
    demo, directory = start("--keep", str(short), command="exit 0")
    _, told = demo.communicate(timeout=WITHIN)
    assert directory == str(short)
    assert b"kept in" in told
    assert processes_of(directory) == []
    (short / "etc" / "postfix" / "virtual").write_text("# mine\n")
    demo, _ = start("--keep", str(short), command='cat "$MAILTUI_CONFIG_DIR/virtual"')
    out, _ = demo.communicate(timeout=WITHIN)
    assert out == b"# mine\n"
    assert processes_of(directory) == []


def test_what_was_edited_beside_postfix_is_kept_too(short: Path) -> None:
    if "opendkim" not in guards.available(Place(short, Mode.NAMESPACE))[0]:
        pytest.skip("opendkim is not installed")
    signs = r'for n in $(seq 300); do grep -q "opendkim.*Filter.*starting" "${MAILTUI_CONFIG_DIR}/../../log/mail.log" && exit 0; sleep 0.1; done; exit 1'
    demo, _ = start("--keep", str(short), "--no-traffic", command=signs)
    assert demo.wait(40) == 0
    demo.communicate()
    conf, (key,) = short / "etc" / "opendkim.conf", (short / "etc" / "dkimkeys").iterdir()
    edited, secret = conf.read_text() + "# mine\n", key.read_bytes()
    conf.write_text(edited)
    (short / "log" / "mail.log").unlink()
    demo, _ = start("--keep", str(short), "--no-traffic", command=signs)
    assert demo.wait(40) == 0
    demo.communicate()
    assert (conf.read_text(), key.read_bytes()) == (edited, secret)
    assert (short / "dns" / "names").read_text().count("mail._domainkey.falcot.com") == 1
    assert processes_of(str(short)) == []


def test_without_a_namespace_nothing_is_sent() -> None:
    demo, directory = start("--no-namespace", "--no-traffic", command="cat >/dev/null")
    config = Path(directory, "etc", "postfix")
    asked = subprocess.run(
        ["postconf", "-c", config, "-h", "default_transport", "relay_transport"],
        capture_output=True,
        check=True,
    )
    assert [line.split(b":")[0] for line in asked.stdout.splitlines()] == [b"error", b"error"]
    code = (
        "import pathlib, sys; from mailtui.demo import place, traffic\n"
        "there, _ = place.settle(pathlib.Path(sys.argv[1]), place.Mode.LOOPBACK)\n"
        "for to in ('x@bigmail.example', 'jean@falcot.com'):\n"
        "    m = traffic.Message(traffic.PARTNER, 'desk@partner.example', (to,), 's')\n"
        "    print(traffic.send(there, m, as_client=False).code)\n"
    )
    sent = subprocess.run([sys.executable, "-c", code, directory], capture_output=True, check=True)
    assert sent.stdout.split() == [b"550", b"250"]
    demo.communicate(timeout=WITHIN)
    assert_gone(directory)


def python_for_nobody(as_nobody: list[str], source: Path) -> str | None:
    """A Python that user nobody may run, on a checkout that he may read."""
    code = f"import os, sys; os.listdir({str(source)!r}); sys.exit(sys.version_info < (3, 11))"
    for python in (sys.executable, "/usr/bin/python3"):
        if subprocess.run([*as_nobody, python, "-c", code], capture_output=True, check=False).returncode == 0:
            return python
    return None


def test_without_root_the_log_is_replayed() -> None:
    source = Path(sys.modules["mailtui"].__file__ or "").parent.parent
    as_nobody = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "env", "HOME=/nonexistent"]
    python = python_for_nobody(as_nobody, source)
    if python is None:
        pytest.skip("user nobody may not run this Python or read this checkout")
    ask = "cat $MAILTUI_CONFIG_DIR/../../log/mail.log; postmap -q @falcotsbrand.com hash:$MAILTUI_CONFIG_DIR/virtual"
    done = subprocess.run(
        [*as_nobody, f"PYTHONPATH={source}", python, *DEMO[1:], "--", "sh", "-c", ask],
        capture_output=True,
        check=True,
    )
    assert b"not root" in done.stderr
    assert b"stopped and removed" in done.stderr
    for part in (b"status=sent", b"status=deferred", b"NOQUEUE: reject", b"\nsophie@falcot.com\n"):
        assert part in done.stdout


def test_without_a_terminal_the_console_is_refused() -> None:
    done = subprocess.run(DEMO, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"needs a terminal" in done.stderr


def test_ctrl_z_stops_the_demo_and_fg_goes_on() -> None:
    """A program in front that stops itself alone, as Textual does, must bring the shell forward."""
    stopper = (
        "import os, signal; print('one', flush=True); os.kill(os.getpid(), signal.SIGSTOP); print('two')"
    )
    master, slave = pty.openpty()
    demo = subprocess.Popen(
        [*DEMO, "--no-traffic", "--", sys.executable, "-c", stopper],
        stdin=slave,
        stdout=slave,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    os.close(slave)
    _, status = os.waitpid(demo.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)
    os.killpg(demo.pid, signal.SIGCONT)
    seen = b""
    limit = time.monotonic() + WITHIN
    while b"removed" not in seen and time.monotonic() < limit:
        if select.select([master], [], [], 0.1)[0]:
            seen += os.read(master, 4096)
    assert demo.wait(WITHIN) == 0
    os.close(master)
    assert seen.index(b"one") < seen.index(b"two") < seen.index(b"removed")
