"""`wirewatch feeds check`: how each feed of the desk stands."""

import json
import os
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from monitor.cli.bar import tracked
from monitor.cli.options import DeskOption, JsonOption, load
from monitor.cli.shown import one_line
from monitor.exits import ExitCode, Quit

if TYPE_CHECKING:
    from monitor.desk.config import Desk
    from monitor.feeds.feed import Feed
    from monitor.feeds.visiting.verdict import Verdict

WORTH_A_BAR = 3
"""Feeds: one may take 30 s to answer."""

_SIGNS = {"fine": "✓", "note": "!", "bad": "✗"}


def check(
    ids: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ID…]", help="Feeds of the desk; without them all.", show_default=False
        ),
    ] = None,
    desk: DeskOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask each feed once: can it be read, how new, how dated, what to know; nothing is kept."""
    from monitor.desk.feed_secrets import found_secrets
    from monitor.feeds.visiting.verdict import Level
    from monitor.feeds.visiting.visit import Visits, check_feeds

    found, settings = load(desk)
    feeds = _chosen(found, ids or [])
    secrets, closed = found_secrets(feeds, os.environ)
    visits = Visits(
        contact=settings.text("WIREWATCH_CONTACT"), secrets=secrets.by_feed, closed=closed
    )
    verdicts: list[Verdict] = []
    with closing(check_feeds(feeds, visits)) as asked:
        steps = tracked(asked, len(feeds), "asking", worth=WORTH_A_BAR)
        for verdict in list(steps) if sys.stdout.isatty() else steps:
            verdicts.append(verdict)
            typer.echo(_as_json(verdict) if as_json else _as_text(verdict))
    counts = {level: sum(v.verdict is level for v in verdicts) for level in Level}
    typer.echo(", ".join(f"{n} {level}" for level, n in counts.items()), err=True)
    if counts[Level.BAD]:
        raise typer.Exit(ExitCode.BAD_NEWS)


def _chosen(desk: "Desk", ids: Sequence[str]) -> "Sequence[Feed]":
    """The feeds meant.

    Raises:
        Quit: the desk has none, or none of that name.
    """
    from streams.suggestion import suggestion

    if not desk.feeds:
        raise Quit(ExitCode.USAGE, f"{desk.folder / 'feeds.yaml'} lists no feeds")
    known = {feed.id: feed for feed in desk.feeds}
    for asked in ids:
        if asked not in known:
            hint = suggestion(asked, list(known))
            raise Quit(ExitCode.USAGE, f'feeds.yaml lists no feed "{asked}"{hint}')
    return [known[asked] for asked in dict.fromkeys(ids)] or desk.feeds


def _as_json(verdict: "Verdict") -> str:
    return json.dumps(asdict(verdict), ensure_ascii=False)


def _as_text(verdict: "Verdict") -> str:
    from monitor.feeds.pacing.failing import shown_span
    from monitor.feeds.visiting.verdict import Level, shown_pace

    if verdict.verdict is Level.BAD:
        why = "; ".join(remark.message for remark in verdict.warnings)
        return one_line(f"{_SIGNS[verdict.verdict]} {verdict.feed}  {why}")
    said = [verdict.format] if verdict.format else []
    if verdict.status:
        said += [f"{verdict.took_s:.1f} s", f"{verdict.entries} entries"]
    if verdict.age_s is not None:
        said.append(f"newest {shown_span(verdict.age_s)} old")
    if pace := shown_pace(verdict.per_day or 0.0):
        said.append(pace)
    head = f"{_SIGNS[verdict.verdict]} {verdict.feed}  {', '.join(said)}".rstrip()
    said_of_it = (*verdict.warnings, *verdict.remarks)
    return "\n".join([head, *(f"  {one_line(remark.message)}" for remark in said_of_it)])
