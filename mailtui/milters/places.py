"""Where the files of the programs beside an instance's Postfix are, and which of them name which others."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import cast

from mailtui.formats.keywordgrammar import Kind
from mailtui.formats.keywords import KeywordDocument
from mailtui.milters.programs import PROGRAMS, Program
from mailtui.milters.running import Seen, processes, running
from mailtui.postfix.etc import is_in_etc
from mailtui.postfix.instance import Instance
from mailtui.text.safe import decode


def named_by(instance: Instance, path: str) -> Iterator[tuple[Program, str, str]]:
    """The programs whose configuration names a file: with the configuration's path, and the keyword."""
    real = os.path.realpath(path)
    seen = processes()
    word = re.compile(rb"(?:^|[:,\s])(/[^\s,:]*)")
    for program in (PROGRAMS["opendkim"], PROGRAMS["opendmarc"]):
        for config in config_paths(instance, program, seen):
            document = KeywordDocument.parse(raw_of(instance, config), cast("Kind", program.format))
            for each in document.entries:
                paths = (decode(found) for found in word.findall(each.value))
                if each.enabled and real in map(os.path.realpath, paths):
                    yield program, config, document.grammar.spelled(each.name)
                    break


def config_paths(instance: Instance, program: Program, seen: Seen | None = None) -> list[str]:
    """Where a program's configuration is: the files that running ones read, that beside Postfix's own folder
    (/etc/opendkim.conf beside /etc/postfix), else Debian's, unless other programs' are beside it. For an
    instance that is not below /etc nothing there counts: it is the host's."""
    at_home = is_in_etc(instance.config_dir)
    found = [each.config for each in running(program, seen)] if program.options else []
    found = [path for path in found if at_home or not is_in_etc(path)]
    beside = _beside(instance, program)
    others = any(os.path.exists(_beside(instance, each)) for each in PROGRAMS.values())
    if at_home and not os.path.exists(beside) and not others:
        beside = program.file
    if os.path.realpath(beside) not in map(os.path.realpath, found) and os.path.exists(beside):
        found.append(beside)
    return list(dict.fromkeys(found))


def _beside(instance: Instance, program: Program) -> str:
    if program.format == "smtpd.conf":  # Debian's smtpd looks below its own folder alone
        return os.path.join(instance.config_dir, "sasl/smtpd.conf")
    return os.path.join(os.path.dirname(instance.config_dir.rstrip("/")), program.beside)


def raw_of(instance: Instance, path: str) -> bytes:
    """The bytes of a file; none where it cannot be read."""
    try:
        return instance.files.raw(path)
    except OSError:
        return b""
