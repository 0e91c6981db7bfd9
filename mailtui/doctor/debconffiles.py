"""Filter files that the admin changed, and that a Debian package's questions write anew."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from mailtui.doctor.case import Case
from mailtui.doctor.model import Finding
from mailtui.formats.keywordgrammar import Kind
from mailtui.formats.keywords import KeywordDocument
from mailtui.milters.debconf import rewritten
from mailtui.milters.places import config_paths, raw_of
from mailtui.milters.programs import PROGRAMS
from mailtui.milters.running import processes
from mailtui.text.safe import safe


def findings(case: Case) -> Iterator[Finding]:
    """Of each such file beside this Postfix."""
    seen = processes()
    for program in PROGRAMS.values():
        if not program.package:
            continue
        for path in config_paths(case.instance, program, seen):
            document = KeywordDocument.parse(raw_of(case.instance, path), cast("Kind", program.format))
            found = rewritten(case.instance, program.package, path, document)
            if found is None:
                continue
            lost = f"; lost would be: {', '.join(found.lost[:6])}" if found.lost else ""
            stops = f"; {found.broken}, with which {program.name} does not start" if found.broken else ""
            yield Finding(
                "debconf-file", "warning" if found.broken else "advice",
                f"dpkg-reconfigure {found.package} would write {safe(path.rpartition('/')[2])} anew", path, 1,
                "somebody changed it since it was written: an upgrade, too, asks whether to keep it, and"
                f" unattended keeps it{lost}{stops}", None,
                f"`{found.command}` has the package leave the file alone; or keep it whenever it asks",
            )  # fmt: skip
