"""What is said when an instance cannot be read: what, where, and what to do."""

from __future__ import annotations


class InstanceError(Exception):
    """Something of the instance cannot be read or makes no sense. `line` counts from 1."""

    def __init__(self, what: str, do: str = "", file: str | None = None, line: int | None = None) -> None:
        place = f"{file}:{line}: " if file and line else f"{file}: " if file else ""
        super().__init__(f"{place}{what}{'; ' if do else ''}{do}")
        self.what, self.do, self.file, self.line = what, do, file, line


class ParameterError(InstanceError):
    """A parameter that Postfix does not know, or whose value it could not expand."""
