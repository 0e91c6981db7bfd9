"""Style sheets of the console: one for the frame, one for each screen that needs one."""

from pathlib import Path, PurePath

_HERE = Path(__file__).parent


def stylesheet(name: str) -> Path:
    """Where the sheet `name` lies, in a checkout as in an installed package."""
    return _HERE / f"{name}.tcss"


def stylesheets() -> list[str | PurePath]:
    """All sheets, the frame's first."""
    frame = stylesheet("frame")
    return [frame, *sorted(sheet for sheet in _HERE.glob("*.tcss") if sheet != frame)]
