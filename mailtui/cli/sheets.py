"""What `import` and `export` share: the kinds, and which format a file has."""

from __future__ import annotations

import argparse

from mailtui.cli.output import USAGE, Failed
from mailtui.edits.importing import KINDS, Kind
from mailtui.formats.sheet import FORMATS, SheetFormat


def add_arguments(parser: argparse.ArgumentParser, file: str) -> None:
    """KIND, FILE and --format. `file`: what the file is, for --help."""
    parser.add_argument("kind", metavar="KIND", choices=KINDS, help=", ".join(KINDS))
    parser.add_argument("file", metavar="FILE", help=file)
    parser.add_argument("--format", choices=FORMATS, default="", help="default: as the file's name ends")


def kind_of(options: argparse.Namespace) -> Kind:
    """The kind that was given."""
    return next(kind for kind in KINDS if kind == options.kind)


def format_of(options: argparse.Namespace, otherwise: SheetFormat | None) -> SheetFormat:
    """The format that was given, or that the file's name ends with, or `otherwise`. Raises Failed."""
    for form in FORMATS:
        if form == options.format or (not options.format and options.file.lower().endswith(f".{form}")):
            return form
    if otherwise is None:
        raise Failed(
            f"{options.file}: is it CSV or JSON?", do="say it: --format csv or --format json", code=USAGE
        )
    return otherwise
