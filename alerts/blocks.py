"""Blocks: a card in, the Slack message out (Block Kit and fallback text), pure.

Invariant: outlets' text stands only in `rich_text` text nodes, where Slack parses no markup,
mention or link; URLs pass a scheme check; the fallback text is escaped.  Limits: Slack's
documented ones, and 9,000 characters of blocks (longer ones were seen refused).
"""

import json
import re
from dataclasses import replace
from typing import Any

from alerts.card import Card, Claimed, Snippet
from alerts.marks import block_id, client_msg_id, metadata
from streams.item import Clock, Precision

MAX_TEXT_CHARS = 3_000
"""Of the fallback; Slack advises under 4,000."""

MAX_HEADLINE_CHARS = 600
"""Of one headline: a screenful; with everything else it stays far under 9,000."""

MAX_LABEL_CHARS = 120
"""Of an outlet or credit."""

MAX_RULES_SHOWN = 8
"""More rules on one story are counted, not listed."""

MAX_WORDS_SHOWN = 5
"""Of one rule's evidence."""

MAX_WORD_CHARS = 40
"""Of one matched word or phrase."""

MAX_CLAIMS_SHOWN = 3
"""Different things that rules find said in one story, and rules named with each: one line."""

MAX_CUE_CHARS = 80
"""Of the words that say so: "will not for the time being impose" has 34."""

MAX_SECTIONS_CHARS = 8_700
"""Of a card's sections as JSON: with the block around them they stay under 9,000."""

MAX_SPANS = 12
"""Pieces of one text in bold; each costs 100 characters of blocks."""

MAX_URL_CHARS = 2_900
"""Slack allows 3,000 for a link."""

_URL = re.compile(r"https?://[^\s<>|\"\x00-\x1f\x7f-\x9f]+\Z")
_HALF_ESCAPE = re.compile(r"&\w*\Z")
_ESCAPED = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})

Block = dict[str, Any]


class Undrawable(ValueError):
    """A card of which no message can be made; the text says why."""


def message(card: Card) -> Block:
    """The arguments of `chat.postMessage` for `card`, without the channel's.

    Raises:
        Undrawable: something in the card is not what it should be, such as a clock.
    """
    try:
        return _message(card)
    except Exception as error:
        raise Undrawable(f"no message can be made of it: {error}") from error


def _message(card: Card) -> Block:
    return {
        "text": fallback(card),
        "blocks": [
            {
                "type": "rich_text",
                "block_id": block_id(card),
                "elements": _sections(card),
            }
        ],
        "metadata": metadata(card),
        "client_msg_id": client_msg_id(card),
        "unfurl_links": False,
        "unfurl_media": False,
    }


def fallback(card: Card) -> str:
    """The message as one sentence: what a screen reader and a push notification read."""
    parts = [_clip(card.title.text, MAX_HEADLINE_CHARS)]
    parts += [f"[{'; '.join(_claims(card))}]"] if card.claims else []
    parts += [f"— {_clip(card.outlet, MAX_LABEL_CHARS)}"] if card.outlet else []
    parts += [f"({_clip(card.credit, MAX_LABEL_CHARS)})"] if card.credit else []
    rules = ", ".join(rule for rule, _ in card.rules[:MAX_RULES_SHOWN])
    kind = "Update. " if card.thread else ""
    dates = "".join(f" {label} {shown}." for label, shown in _dates(card))
    repeat = " May repeat an earlier message." if card.may_repeat else ""
    text = f"{kind}{' '.join(parts)}. Rules: {rules}.{dates}{repeat}".translate(_ESCAPED)
    return _HALF_ESCAPE.sub("", text[:MAX_TEXT_CHARS])


def _sections(card: Card) -> list[Block]:
    """The whole card; if that is too much without bold evidence, then without words of rules."""
    sections: list[Block] = []
    for smaller in (card, _unmarked(card), _wordless(_unmarked(card))):
        told = (_headline(smaller), *_flags(smaller), *_quote(smaller.snippet))
        sections = [*told, _rules(smaller), _source(smaller)]
        if len(json.dumps(sections, ensure_ascii=False)) <= MAX_SECTIONS_CHARS:
            break
    return sections


def _unmarked(card: Card) -> Card:
    snippet = replace(card.snippet, spans=()) if card.snippet else None
    return replace(card, title=replace(card.title, spans=()), snippet=snippet)


def _wordless(card: Card) -> Card:
    return replace(card, rules=tuple((rule, ()) for rule, _ in card.rules))


def _headline(card: Card) -> Block:
    text, spans = card.title.text, card.title.spans
    title = Snippet(_clip(text, MAX_HEADLINE_CHARS), spans)
    if _URL.match(card.url) and len(card.url) <= MAX_URL_CHARS:
        link = {"type": "link", "url": card.url, "text": title.text, "style": {"bold": True}}
        return _section(*_update_mark(card), link)
    return _section(*_update_mark(card), *_marked(title))


def _update_mark(card: Card) -> list[Block]:
    return [_text("Update: ", italic=True)] if card.thread else []


def _flags(card: Card) -> list[Block]:
    flags = [_section(_text("; ".join(_claims(card)), bold=True))] if card.claims else []
    if card.may_repeat:
        repeat = _text(" may repeat an earlier message", italic=True)
        flags.append(_section(_emoji("warning"), repeat))
    return flags


def _claims(card: Card) -> list[str]:
    """`negated: will not impose`; where rules differ, with the rules it holds for."""
    more = len(card.claims) - MAX_CLAIMS_SHOWN
    shown = [_claim(claim) for claim in card.claims[:MAX_CLAIMS_SHOWN]]
    return [*shown, f"and {more} more"] if more > 0 else shown


def _claim(claim: Claimed) -> str:
    cue = f": {_clip(claim.cue, MAX_CUE_CHARS)}" if claim.cue else ""
    names = [_clip(rule, MAX_WORD_CHARS) for rule in claim.rules[:MAX_CLAIMS_SHOWN]]
    more = len(claim.rules) - MAX_CLAIMS_SHOWN
    names += [f"{more} more"] if more > 0 else []
    return f"{claim.label}{cue}" + (f" ({', '.join(names)})" if names else "")


def _quote(snippet: Snippet | None) -> list[Block]:
    return [{"type": "rich_text_quote", "elements": _marked(snippet)}] if snippet else []


def _marked(snippet: Snippet) -> list[Block]:
    """The text with its evidence in bold."""
    elements, at = [], 0
    for span in (s for s in snippet.spans[:MAX_SPANS] if s.end <= len(snippet.text)):
        elements.append(_text(snippet.text[at : span.start]))
        elements.append(_text(snippet.text[span.start : span.end], bold=True))
        at = span.end
    elements.append(_text(snippet.text[at:]))
    return [element for element in elements if element["text"]]


def _rules(card: Card) -> Block:
    elements: list[Block] = []
    for rule, words in card.rules[:MAX_RULES_SHOWN]:
        elements.append(
            _text(f"{'   ' if elements else ''}{_clip(rule, MAX_LABEL_CHARS)}: ", bold=True)
        )
        for n, word in enumerate(words[:MAX_WORDS_SHOWN]):
            elements += [_text(" + ")] if n else []
            elements.append(_text(_clip(word, MAX_WORD_CHARS), code=True))
    more = len(card.rules) - MAX_RULES_SHOWN
    return _section(*elements, *([_text(f" and {more} more rules")] if more > 0 else []))


def _source(card: Card) -> Block:
    outlet = _clip(card.outlet or "unknown outlet", MAX_LABEL_CHARS)
    credit = f" ({_clip(card.credit, MAX_LABEL_CHARS)})" if card.credit else ""
    elements = [_text(f"{outlet}{credit}")]
    for label, clock in (("updated", card.updated), ("published", card.published)):
        if clock:
            elements += [_text(f"   {label} "), _date(clock)]
    return _section(*elements)


def _date(clock: Clock) -> Block:
    """A date-only stamp stays text: as a moment it would show the day before in the Americas."""
    if clock.precision is Precision.DATE:
        return _text(shown(clock))
    return {
        "type": "date",
        "timestamp": clock.epoch_s,
        "format": "{date_short_pretty} {time}",
        "fallback": shown(clock),
    }


def _dates(card: Card) -> list[tuple[str, str]]:
    clocks = (("Updated", card.updated), ("Published", card.published))
    return [(label, shown(clock)) for label, clock in clocks if clock]


def shown(clock: Clock) -> str:
    """A clock for people: `7 Sep 2016`, `7 Sep 2016 10:00 UTC`."""
    moment = clock.moment
    day = f"{moment.day} {moment:%b %Y}"
    return day if clock.precision is Precision.DATE else f"{day} {moment:%H:%M} UTC"


def _clip(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _text(text: str, **style: bool) -> Block:
    return {"type": "text", "text": text, **({"style": style} if style else {})}


def _emoji(name: str) -> Block:
    return {"type": "emoji", "name": name}


def _section(*elements: Block) -> Block:
    return {"type": "rich_text_section", "elements": list(elements)}
