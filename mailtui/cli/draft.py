"""`mailtui draft`: a draft saved to a file, reviewed and applied by a second person."""

from __future__ import annotations

import argparse
from pathlib import Path

from mailtui.cli.change import carry_out
from mailtui.cli.context import Context, given_file
from mailtui.cli.main import Parser, change_options, common_options
from mailtui.cli.output import Failed, note, write, write_json
from mailtui.edits import store
from mailtui.edits.draft import BadDraft, called, merged


def parser() -> Parser:
    top = Parser(prog="mailtui draft", description="A draft that was saved with s or w in the Review.")
    verbs = top.add_subparsers(title="commands", required=True, metavar="COMMAND")
    one = verbs.add_parser("show", parents=[common_options()], help="its edits in words, and who made it")
    one.add_argument("file", type=Path)
    one.set_defaults(call=show)
    one = verbs.add_parser(
        "apply", parents=[common_options(), change_options()], help="write it, as the Review does"
    )
    one.add_argument("file", type=Path)
    one.set_defaults(call=apply)
    return top


def _load(path: Path) -> store.SavedDraft:
    try:
        return store.loads(given_file(str(path)))
    except BadDraft as error:
        raise Failed(str(error), file=str(path), do="s in the Review saves one") from None


def show(context: Context, options: argparse.Namespace) -> None:
    draft = _load(options.file)
    edits = merged(draft.edits)
    if context.json:
        write_json({
            "who": draft.who, "time": draft.time, "hostname": draft.hostname, "config_dir": draft.config_dir,
            "edits": [edit.describe() for edit in edits],
        })  # fmt: skip
        return
    note(f"{len(edits)} edits of {draft.config_dir} on {draft.hostname}, by {draft.who}, {draft.time}")
    for edit in edits:
        write(edit.describe())


def apply(context: Context, options: argparse.Namespace) -> int:
    draft = _load(options.file)
    here = context.instance.config_dir
    if draft.config_dir != here and not context.yes:
        raise Failed(
            f"this draft was made for {draft.config_dir} on {draft.hostname}; the instance here is {here}",
            do=f"name its instance with --config-dir {draft.config_dir}, or insist with --yes",
            file=str(options.file),
        )
    return carry_out(context, merged(draft.edits), called(draft.groups))
