"""Documents: bytes with structure over them. Pure: no file is opened and no program started here."""
