"""mailtui: a terminal console for Postfix."""

__version__ = "0.1.0"
