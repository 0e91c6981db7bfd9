"""`mailtui completion SHELL`: a completion script, made from the same parsers as --help."""

from __future__ import annotations

import argparse
import importlib

from mailtui.cli.context import Context
from mailtui.cli.main import NOUNS, Parser, common_options, module_of
from mailtui.cli.output import Failed


def parser() -> Parser:
    top = Parser(
        prog="mailtui completion",
        description="Print a completion script: mailtui completion bash > /etc/bash_completion.d/mailtui",
        parents=[common_options()],
    )
    top.add_argument("shell", choices=["bash", "zsh", "tcsh"])
    top.set_defaults(call=show)
    return top


def show(_context: Context, options: argparse.Namespace) -> None:
    try:
        import shtab
    except ImportError:
        raise Failed(
            "completion needs the Python package shtab", do="pip install shtab, where mailtui lies"
        ) from None
    print(shtab.complete(whole_parser(), shell=options.shell))


def whole_parser() -> argparse.ArgumentParser:
    """All commands under one parser, which alone would be slow to make for a single one."""
    whole = argparse.ArgumentParser(prog="mailtui", parents=[common_options()])
    nouns = whole.add_subparsers(title="commands", metavar="COMMAND")
    for noun, text in NOUNS.items():
        module = importlib.import_module("mailtui.demo.run" if noun == "demo" else module_of(noun))
        part: argparse.ArgumentParser = module.parser()
        nouns.add_parser(
            noun, help=text, description=part.description, parents=[part], add_help=False, usage=part.usage
        )
    return whole
