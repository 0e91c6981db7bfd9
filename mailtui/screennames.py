"""The words of the console's ten screens. Read before its first paint."""

SCREENS = (
    "overview", "domains", "aliases", "mailboxes", "restrictions",
    "milters", "auth", "log", "queue", "parameters",
)  # fmt: skip
"""The screens in the order of their keys 1 … 9, 0."""
