"""The full-screen console. Nothing is imported here, so that the parts without Textual stay without it."""
