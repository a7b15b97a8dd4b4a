"""Console: the same card as in Slack, drawn in a terminal.

In: a card.  Out: a box with its channel on top.  Invariant: draws from the very blocks that Slack
would get, so what a desk tries out is what it will see.  The only module that draws cards.
"""

import itertools
from typing import Any

from rich.box import ROUNDED
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from alerts.blocks import Undrawable, message
from alerts.card import Card
from alerts.sink import CannotTell, Outcome, Refused, Sent, Sighting

WIDTH_MOST = 92
"""Columns: longer lines are hard to read."""

_EMOJI = {"warning": "⚠"}


class ConsoleSink:
    """Draws cards; thread lines are indented under an arrow."""

    name = "console"

    def __init__(self, console: Console) -> None:
        self._console = console
        self._numbers = itertools.count(1)

    async def check(self) -> None:
        """A terminal is always there."""

    async def deliver(self, card: Card) -> Outcome:
        """Draws the card."""
        try:
            self._console.print(draw(card, self._console.width))
        except Undrawable as error:
            return Refused(str(error))
        return Sent(f"console-{next(self._numbers)}")

    async def find(self, card: Card, since_ms: int) -> Sighting:  # noqa: ARG002 - the protocol's
        """What was drawn is gone."""
        return CannotTell("a terminal cannot be read back")

    async def close(self) -> None:
        """Nothing to end."""


class SilentSink(ConsoleSink):
    """Shows nothing: `--json` prints decisions instead."""

    async def deliver(self, card: Card) -> Outcome:  # noqa: ARG002 - the protocol's shape
        """Counts the card as shown."""
        return Sent(f"console-{next(self._numbers)}")


def draw(card: Card, width: int) -> Panel:
    """The card as a box."""
    lines = [_line(element) for block in message(card)["blocks"] for element in block["elements"]]
    return Panel(
        Text("\n").join(lines),
        title=Text(f"{card.channel}{'  ↳ in the thread' if card.thread else ''}"),
        title_align="left",
        box=ROUNDED,
        border_style="dim" if card.thread else "cyan",
        width=min(width, WIDTH_MOST),
    )


def _line(section: dict[str, Any]) -> Text:
    quote = section["type"] == "rich_text_quote"
    line = Text("▏ " if quote else "", style="dim" if quote else "")
    for element in section["elements"]:
        line.append_text(_piece(element))
    return line


def _piece(element: dict[str, Any]) -> Text:
    kind, style = element["type"], element.get("style", {})
    if kind == "emoji":
        return Text(_EMOJI.get(element["name"], ""))
    if kind == "date":
        return Text(element["fallback"])
    names = [name for name in ("bold", "italic") if style.get(name)]
    names += ["green"] if style.get("code") else []
    names += [f"link {element['url']}"] if kind == "link" else []
    shown = "".join(c for c in element["text"] if c.isprintable())  # no escape sequences
    return Text(shown, style=" ".join(names))
