"""ClamAV: mail that Postfix takes and that is too large to be scanned whole."""

from __future__ import annotations

from collections.abc import Iterator

from mailtui.doctor.case import Case, fixed
from mailtui.doctor.model import About, Finding, Severity
from mailtui.edits.keywords import SetKeyword
from mailtui.edits.plan import Plan
from mailtui.milters.clamav import Scanner, Settings, alerts, is_over, size_words

ABOUT = About("milters", "clamav-milter")


def sizes(case: Case, found: Scanner) -> Iterator[Finding]:
    """Each limit that is below what comes to it."""
    largest = found.largest
    told = f"message_size_limit is {size_words(largest)}" if largest else "message_size_limit is 0: any size"
    limit = found.milter.size("MaxFileSize", "25M")
    if is_over(largest, limit):
        yield _size(case, found.milter, "clamav-max-file-size", "warning", "MaxFileSize", limit, largest,
                    f"{told}: of larger mail the first {size_words(limit)} are scanned, and the whole is"
                    " called clean")  # fmt: skip
    if found.clamd is None:
        return
    handed = found.handed
    comes = f"messages of {size_words(handed)} come to it" if handed else "messages of any size come to it"
    does = "calls it infected: AlertExceedsMax" if alerts(found) else "passes it over: not a byte is scanned"
    for name in ("MaxFileSize", "MaxScanSize"):
        limit = found.clamd_size(name)
        if is_over(handed, limit):
            yield _size(case, found.clamd, "clamav-clamd-size", "warning", name, limit, handed,
                        f"{comes}, and what is larger clamd {does}")  # fmt: skip
    limit = found.clamd_size("StreamMaxLength")
    if found.is_remote and is_over(handed, limit):
        severity: Severity = "warning" if found.on_fail == "accept" else "error"
        yield _size(case, found.clamd, "clamav-stream", severity, "StreamMaxLength", limit, handed,
                    f"{comes} by TCP, and what is larger cannot be scanned: it {found.unscanned} (OnFail),"
                    " each time it comes")  # fmt: skip


def _size(
    case: Case, settings: Settings, id_: str, severity: Severity, name: str, limit: int, wanted: int, why: str
) -> Finding:
    edit = SetKeyword(settings.target, name, size_words(wanted), settings.was(name))
    otherwise = f"set message_size_limit in main.cf, and {name} to no less"
    fix, words = fixed(case.tried(Plan((edit,))) if wanted else None, otherwise)
    title = f"{settings.target.name}: {name} {size_words(limit)} is below what Postfix takes"
    line = settings.line(name) or 1
    return Finding(id_, severity, title, settings.target.path, line, why, fix, words, about=ABOUT)
