"""`wirewatch match`: items from a file, the rules that hit them with their evidence."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from monitor.cli.bar import is_shown, tracked
from monitor.cli.options import DeskOption, JsonOption, RulesOption, book_at
from monitor.cli.shown import one_line
from monitor.exits import ExitCode, Quit

if TYPE_CHECKING:
    from streams.item import Item
    from streams.match import Hit

_PIECE = ("clause", "field", "start", "end", "text")


def match(
    file: Annotated[
        Path, typer.Argument(metavar="FILE.jsonl", help="Items, one a line; - is stdin.")
    ],
    rules: RulesOption = None,
    desk: DeskOption = None,
    as_json: JsonOption = False,
) -> None:
    """Match items against rules, offline, by the stream's own code."""
    from monitor.itemfile import BadLine, count_lines, read_items
    from streams.rules.matching.matcher import Matcher

    matcher = Matcher(book_at(rules, desk))
    bad = 0
    plain = sys.stdout.isatty() and not as_json
    try:
        total = count_lines(file) if is_shown(prints=True) else 0
        for item in tracked(read_items(file), total, "matching", prints=True):
            if isinstance(item, BadLine):
                bad += 1
                typer.echo(one_line(str(item)), err=True)
                continue
            for line in _lines(item, matcher.match(item).hits, plain=plain):
                typer.echo(line)
    except OSError as error:
        raise Quit(ExitCode.BAD_NEWS, f"{file} cannot be read: {error.strerror}") from error
    if bad:
        raise typer.Exit(ExitCode.BAD_NEWS)


def _lines(item: "Item", hits: "tuple[Hit, ...]", *, plain: bool) -> Iterator[str]:
    for hit in hits:
        status: dict[str, Any] = {"status": hit.status} if hit.status else {}
        if plain:
            yield one_line("  ".join((item.id, hit.rule, *status.values())))
            continue
        evidence = [{name: getattr(piece, name) for name in _PIECE} for piece in hit.evidence]
        line = {"id": item.id, "rule": hit.rule, **status, "evidence": evidence}
        yield json.dumps(line, ensure_ascii=False)
