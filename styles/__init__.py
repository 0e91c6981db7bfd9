"""Style sheets of the console: one for the frame, one for each screen that needs one."""

from pathlib import Path

_HERE = Path(__file__).parent


def stylesheet(name: str) -> Path:
    """Where the sheet `name` lies, in a checkout as in an installed package."""
    return _HERE / f"{name}.tcss"
