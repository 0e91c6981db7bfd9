"""Errors that a command did not expect, as one line. Details go to a file, because locals may be secrets."""

from __future__ import annotations

import errno
import os
import tempfile
import traceback

from mailtui.cli.output import Failed

_HELPS = {
    errno.ENOENT: "check the path", errno.EISDIR: "name a file", errno.ENOTDIR: "check the path",
    errno.ENOSPC: "make room on that disk", errno.EDQUOT: "make room on that disk",
    errno.EROFS: "mount that file system for writing", errno.EMFILE: "close some of what is open",
    errno.EIO: "look at the disk: dmesg says more",
}  # fmt: skip


def failure_of(error: Exception) -> Failed:
    """The error in words: an OSError by its file, anything else with the place of a report (mode 0600)."""
    if isinstance(error, OSError) and error.filename is not None:
        do = "run mailtui with sudo" if isinstance(error, PermissionError) and os.geteuid() else ""
        do = do or _HELPS.get(error.errno or 0, "")
        return Failed((error.strerror or str(error)).lower(), file=os.fsdecode(error.filename), do=do)
    if isinstance(error, OSError) and error.strerror:
        return Failed(error.strerror.lower())
    lines = traceback.format_exception(type(error), error, error.__traceback__)
    what = (
        f"an error in mailtui itself ({type(error).__name__}); nothing was changed by this command after it"
    )
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="mailtui-report-", suffix=".txt", delete=False
        ) as report:
            report.writelines(lines)
    except OSError as refused:
        return Failed(what, do=f"a report could not be written ({refused.strerror or refused})")
    return Failed(what, do=f"the report {report.name} says where; please send it to the authors")
