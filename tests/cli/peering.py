"""What the tests of other tools' failures share: a command on a small instance, and Postfix asked back."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

from mailtui.edits import store
from mailtui.edits.draft import Group
from mailtui.edits.model import Edit
from tests.cli.conftest import Done, Shop


def changed(shop: Shop, *words: str) -> Done:
    """A command that must end well."""
    done = shop.run(*words)
    assert done.status == 0, done.err
    return done


def old(path: Path) -> Path:
    """A file so old that no Postfix program waits for it to settle."""
    os.utime(path, (1_000_000_000, 1_000_000_000))
    return path


def postconf(shop: Shop, *names: str) -> list[str]:
    """What Postfix reads now: the values of these parameters, unexpanded."""
    return said("postconf", "-c", shop.folder, "-h", *names)


def said(*command: str | Path) -> list[str]:
    """The lines that a program prints; it must end well."""
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=30).stdout.splitlines()


def options(shop: Shop, folder: Path | None = None) -> dict[str, str]:
    """Every `-o` that postconf reads in master.cf."""
    lines = said("postconf", "-c", folder or shop.folder, "-P")
    return {name.strip(): value.strip() for name, _, value in (line.partition("=") for line in lines)}


def live(shop: Shop, name: str = "virtual", kind: str = "hash") -> dict[str, str]:
    """Every entry of the compiled table."""
    program = "postalias" if name == "aliases" else "postmap"
    lines = said(program, "-c", shop.folder, "-s", f"{kind}:{shop.folder}/{name}")
    found = (line.split("\t", 1) for line in lines if not line.startswith(("YP_", "@:")))
    return {key.removesuffix(":"): value for key, value in found}


def put(shop: Shop, name: str, text: str | bytes) -> Path:
    """One of the files, written anew."""
    path = shop.folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return old(path)


def main_cf(shop: Shop, tail: str) -> str:
    """Put lines at the end of main.cf; returns what stands before them."""
    before = (shop.folder / "main.cf").read_text()
    put(shop, "main.cf", before + tail)
    return before


def tail_of(shop: Shop, before: str) -> str:
    text = (shop.folder / "main.cf").read_text()
    assert text.startswith(before)
    return text.removeprefix(before)


def table(shop: Shop, text: str | bytes) -> None:
    put(shop, "virtual", text)
    said("postmap", "-c", shop.folder, spec(shop))


def aliases(shop: Shop, text: str) -> None:
    put(shop, "aliases", text)
    said("postalias", "-c", shop.folder, f"hash:{shop.folder}/aliases")


def spec(shop: Shop, name: str = "virtual", kind: str = "hash") -> str:
    return f"{kind}:{shop.folder}/{name}"


def peer(shop: Shop, folder: Path, act: Callable[[Path], object]) -> Path:
    """Let another tool do the same on a copy of main.cf and master.cf; returns the copy's folder."""
    folder.mkdir()
    for name in ("main.cf", "master.cf"):
        (folder / name).write_bytes((shop.folder / name).read_bytes())
        old(folder / name)
    act(folder)
    for name in ("main.cf", "master.cf"):
        old(folder / name)
    return folder


def draft(shop: Shop, path: Path, *edits: Edit) -> str:
    """Edits saved as a draft, for `mailtui draft apply`."""
    path.write_bytes(
        store.dumps([Group(edits)], config_dir=str(shop.folder), hostname="mx", who="jean", time="2026-01-01")
    )
    return str(path)
