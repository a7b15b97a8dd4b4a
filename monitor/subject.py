"""Subject: what somebody wants explained, as items: a headline, an item file, a feed file, a URL.

In: one argument of the command line.  Out: items, and what could not be read.  Invariant: a
headline is anything that is neither an address nor the name of a file.
"""

from collections.abc import Iterator
from pathlib import Path

from monitor.feeds.visiting.offline import WEB, Unreadable, read_feed
from monitor.itemfile import STDIN, BadLine, is_item_file, read_json_items
from streams.item import Item, cut

FILES = (".jsonl", ".json", ".ndjson", ".xml", ".rss", ".atom")
"""Endings of a file that was meant, also where none is there."""


def read_subject(argument: str, *, private: bool) -> Iterator[Item | BadLine | Unreadable]:
    """The items meant by `argument`; with `private` also from addresses of one's own network."""
    if argument.startswith(WEB):
        yield from read_feed(argument, public_only=not private)
    elif is_file(argument):
        yield from _of_file(Path(argument))
    else:
        yield cut(Item(id="1", title=argument))


def is_file(argument: str) -> bool:
    """True if `argument` names a file, or stdin, rather than being a headline."""
    try:
        there = Path(argument).exists()
    except (OSError, ValueError):  # longer than a name may be, or with a NUL in it
        there = False
    one_word = len(argument.split()) == 1
    return there or argument == str(STDIN) or (one_word and argument.endswith(FILES))


def _of_file(path: Path) -> Iterator[Item | BadLine | Unreadable]:
    try:
        if is_item_file(path):
            yield from read_json_items(path)
        else:
            yield from read_feed(str(path), public_only=True)
    except OSError as error:
        yield Unreadable(str(path), error.strerror or str(error))
