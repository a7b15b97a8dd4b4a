"""`wirewatch explain`: one headline, file or URL through every rule and clause."""

from typing import Annotated

import typer

from monitor.cli.options import DeskOption, JsonOption, RulesOption, book_at
from monitor.cli.shown import one_line
from monitor.exits import ExitCode, Quit


def explain(
    what: Annotated[
        str,
        typer.Argument(
            metavar="HEADLINE|URL|FILE",
            help="A headline in quotes, a feed's URL, a feed or item file; - is items on stdin.",
        ),
    ],
    rules: RulesOption = None,
    only: Annotated[
        list[str] | None, typer.Option("--rule", metavar="ID", help="Only this rule; repeatable.")
    ] = None,
    expect: Annotated[
        str, typer.Option(metavar="RULE-ID", help="Exit 1 unless this rule hits every item.")
    ] = "",
    show_all: Annotated[bool, typer.Option("--all", help="Every rule, not only the nearest.")] = (
        False
    ),
    private: Annotated[
        bool, typer.Option("--private", help="Also fetch from private addresses.")
    ] = False,
    desk: DeskOption = None,
    as_json: JsonOption = False,
) -> None:
    """Explain what rules make of a headline: each clause ✓ or ✗, hits first, then near misses."""
    from monitor.cli.explained import chosen, disappoints, explained, output, shown
    from monitor.subject import read_subject
    from streams.item import Item
    from streams.rules.matching.matcher import Matcher

    if not what.strip():
        raise Quit(ExitCode.USAGE, "a headline, a file or a URL belongs here")
    matcher = Matcher(book_at(rules, desk))
    asked = chosen(matcher.book, only or [], expect)
    failed, items = 0, 0
    for given in read_subject(what, private=private):
        if not isinstance(given, Item):
            failed += 1
            typer.echo(one_line(str(given)), err=True)
            continue
        items += 1
        told, heard = explained(matcher, asked, given)
        some = shown(told, expect, every=show_all or bool(only))
        for line in output(given, told, some, heard, as_json=as_json):
            typer.echo(line)
        failed += disappoints(told, expect)
    if failed or not items:
        raise typer.Exit(ExitCode.BAD_NEWS)
