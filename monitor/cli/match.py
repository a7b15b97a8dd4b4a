"""`wirewatch match`: items from a file, the rules that hit them with their evidence."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.options import DeskOption, JsonOption, desk_folder
from monitor.exits import ExitCode, Quit


def match(
    file: Annotated[
        Path, typer.Argument(metavar="FILE.jsonl", help="Items, one a line; - is stdin.")
    ],
    rules: Annotated[
        Path | None,
        typer.Option(
            "--rules",
            help="A rule file or folder.  [default: the desk's rules]",
            show_default=False,
        ),
    ] = None,
    desk: DeskOption = None,
    as_json: JsonOption = False,
) -> None:
    """Match items against rules, offline, by the stream's own code."""
    from monitor.itemfile import BadLine, read_items
    from streams.rules.load import load_book
    from streams.rules.matching.matcher import Matcher
    from streams.yaml12 import Invalid

    try:
        matcher = Matcher(load_book(rules or desk_folder(desk) / "rules"))
    except Invalid as error:
        raise Quit(ExitCode.BAD_NEWS, str(error)) from error
    bad = 0
    plain = sys.stdout.isatty() and not as_json
    try:
        for item in read_items(file):
            if isinstance(item, BadLine):
                bad += 1
                typer.echo(str(item), err=True)
                continue
            for hit in matcher.match(item).hits:
                evidence = [
                    {
                        "clause": e.clause,
                        "field": e.field,
                        "start": e.start,
                        "end": e.end,
                        "text": e.text,
                    }
                    for e in hit.evidence
                ]
                line = {"id": item.id, "rule": hit.rule, "evidence": evidence}
                typer.echo(_shown(line) if plain else json.dumps(line, ensure_ascii=False))
    except OSError as error:
        raise Quit(ExitCode.BAD_NEWS, f"{file} cannot be read: {error.strerror}") from error
    if bad:
        raise typer.Exit(ExitCode.BAD_NEWS)


def _shown(line: Mapping[str, object]) -> str:
    return f"{line['id']}  {line['rule']}"
