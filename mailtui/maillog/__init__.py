"""The mail log: where it is, how it grows, and what a line says. Lines stay bytes until they are shown."""
