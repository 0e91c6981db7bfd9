"""The instances of a host as postmulti lists them, made, enabled and started by the real postmulti."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailtui import commands
from mailtui.demo.namespace import UNSHARE
from tests.screens.realconsole import ROOT

pytestmark = pytest.mark.skipif(commands.find("postmulti") is None, reason="postmulti is not installed")

SCRIPT = """
set -e
cp -a /etc/postfix "$D/primary"; mount --bind "$D/primary" /etc/postfix
for folder in spool/postfix lib/postfix; do
    mkdir -p "$D/var/$folder" "/var/$folder"; mount --bind "$D/var/$folder" "/var/$folder"
done
ip link set lo up
cd "$D"
old() { touch -d '1 minute ago' "$D"/etc-*/main.cf /etc/postfix/main.cf 2>&- || true; }  # programs wait on one just written
loud() { old; script -qec "$*" /dev/null > loud.out 2>&1 || { cat loud.out; exit 1; }; }  # postmulti is silent without one
set_() { old; postconf "$@"; }
M="$PYTHON -m mailtui"
told() { old; postmulti -l -a > "$1.postmulti"; $M instance list --json > "$1.json"; }
told stock
loud postmulti -e init
for name in out two; do
    loud postmulti -e create -I postfix-$name -G mta \
        config_directory="$D/etc-$name" queue_directory="$D/q-$name" data_directory="$D/d-$name"
done
told made
loud postmulti -e enable -i postfix-out
set_ -e 'multi_instance_name = postfix-in' 'multi_instance_group = $multi_instance_name'
set_ -c "$D/etc-two" -e 'multi_instance_group ='
set_ -e "multi_instance_directories = $D/etc-out,$D/etc-two $D/gone"
old; $M instance list --json > gone.json
set_ -X multi_instance_directories
printf 'multi_instance_directories = %s,\n \t%s\n' "$D/etc-out" "$D/etc-two" >> /etc/postfix/main.cf
told named
printf 'a@falcotsbrand.com  jean@falcot.com\\n' > "$D/etc-out/virtual"
old; postmap -c "$D/etc-out" "lmdb:$D/etc-out/virtual"
set_ -c "$D/etc-out" -e "virtual_alias_maps = lmdb:$D/etc-out/virtual" 'virtual_alias_domains = falcotsbrand.com' \
    'inet_interfaces = 127.0.0.1' 'mydestination =' 'master_service_disable =' \\
    "maillog_file = $D/log" 'maillog_file_prefixes = /tmp'
loud postmulti -i postfix-out -p start
old; $M --instance postfix-out alias set a@falcotsbrand.com laure@falcot.com --json > set.json
old; postmap -q a@falcotsbrand.com "lmdb:$D/etc-out/virtual" > value
old; $M --instance postfix-out parameter set message_size_limit 30000000 --no-rehearsal --json > reloaded.json
told written
loud postmulti -i postfix-out -p stop
"""


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A folder that Postfix's own user may enter."""
    with tempfile.TemporaryDirectory(prefix="mt-", dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def test_the_same_as_postmulti(tmp_path: Path) -> None:
    env = {
        **os.environ,
        "D": str(tmp_path),
        "PYTHON": sys.executable,
        "PYTHONPATH": str(ROOT),
        "MAILTUI_STATE_DIR": str(tmp_path / "state"),
    }
    for name in ("MAIL_CONFIG", "MAILTUI_CONFIG_DIR"):
        env.pop(name, None)
    assert shutil.which("script") is not None
    done = subprocess.run(
        [*UNSHARE, "sh", "-c", SCRIPT], env=env, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr

    states = ("stock", "made", "named", "written")
    for state in states:
        theirs = [tuple(line.split()) for line in (tmp_path / f"{state}.postmulti").read_text().splitlines()]
        told = json.loads((tmp_path / f"{state}.json").read_text())
        ours = [
            (each["name"], each.get("group", "-"), "y" if each["enabled"] else "n", each["config_dir"])
            for each in told
        ]
        assert ours == theirs, state
        assert [each["name"] for each in told if each["running"]] == (
            ["postfix-out"] if state == "written" else []
        )
    assert len(theirs) == 3
    assert [each for each in told if "last_write" in each] == [
        each for each in told if each["name"] == "postfix-out"
    ]

    gone = json.loads((tmp_path / "gone.json").read_text())
    assert [each["config_dir"] for each in gone if "problem" in each] == [str(tmp_path / "gone")]
    assert json.loads((tmp_path / "set.json").read_text())["applied"]
    assert (tmp_path / "value").read_text() == "laure@falcot.com\n"
    assert json.loads((tmp_path / "reloaded.json").read_text())["applied"]
    assert "reload -- version" in (tmp_path / "log").read_text()
