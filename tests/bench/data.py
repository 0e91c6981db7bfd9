"""A virtual alias table of a million lines, as large sites have them, and an instance that uses it."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

LINES = 1_000_000
"""Physical lines: 91.8 % begin an entry, 4.6 % continue one, the others are comments and empty lines."""

_FIRST = """
    ivan jean laure sophie roland marie pierre lucy thomas nora camel paul anne hugo emma leo rose marc
    sarah luc eva noah
"""
_LAST = """
    horvath dupont martin bernard thomas petit robert richard durand dubois moreau laurent simon michel
    lefebvre leroy roux david bertrand morel fournier girard bonnet lambert fontaine rousseau vincent
    muller lefevre faure andre mercier blanc guerin boyer garnier chevalier francois legrand gauthier
    garcia perrin robin clement morin nicolas henry roussel mathieu gautier masson marchand duval denis
    dumont marie lemaire noel meyer dufour meunier brun blanchard giraud joly riviere lucas brunet
    gaillard barbier arnaud martinez gerard roche renard schmitt roy leroux colin vidal caron picard
    roger fabre aubert lemoine renaud dumas lacroix
"""
_DOMAINS = ("falcot.com", "falcotsbrand.com", "falcot.org", "liste.falcot.com")

MAIN_CF = """\
compatibility_level = 3.6
mail_owner = postfix
queue_directory = {queue}
data_directory = {data}
myhostname = mail.falcot.com
mydestination = localhost
virtual_alias_domains = falcotsbrand.com, falcot.org, liste.falcot.com
virtual_alias_maps = lmdb:{folder}/virtual
alias_maps =
alias_database =
"""


def text(lines: int = LINES) -> bytes:
    """The table; always the same for a number of lines."""
    chance = random.Random(lines)
    first, last = _FIRST.split(), _LAST.split()
    made: list[str] = []
    while len(made) < lines:
        number = len(made)
        draw = chance.random()
        if draw < 0.018:
            made.append(f"# --- {chance.choice(last)}: section {number}")
        elif draw < 0.036:
            made.append("")
        elif draw < 0.083 and made and made[-1][:1] not in {"", "#"}:
            made.append(f"    {chance.choice(first)}.{chance.choice(last)}@falcot.com")
        else:
            name = f"{chance.choice(first)}.{chance.choice(last)}{number}"
            key = f"{name}@{chance.choice(_DOMAINS)}"
            made.append(f"{key:<36} {chance.choice(first)}{number}@falcot.com")
    return "\n".join(made).encode() + b"\n"


@lru_cache(maxsize=1)
def large(folder: Path) -> Path:
    """The configuration directory of an instance whose one alias table is the large one, compiled (lmdb);
    made at the first call below `folder`."""
    config_dir = folder / "large"
    for name in ("queue", "data"):
        (config_dir / name).mkdir(parents=True)
    values = {"queue": config_dir / "queue", "data": config_dir / "data", "folder": config_dir}
    (config_dir / "main.cf").write_text(MAIN_CF.format(**values))
    master = shutil.which("postconf") and Path("/usr/share/postfix/master.cf.dist")
    (config_dir / "master.cf").write_bytes(master.read_bytes() if master and master.exists() else b"")
    (config_dir / "virtual").write_bytes(text())
    print("  compiling a table of a million lines …", file=sys.stderr, flush=True)
    subprocess.run(["postmap", "-c", str(config_dir), f"lmdb:{config_dir / 'virtual'}"], check=True)
    compiled = config_dir / "virtual.lmdb"
    later = (config_dir / "virtual").stat().st_mtime + 60
    os.utime(compiled, (later, later))
    return config_dir
