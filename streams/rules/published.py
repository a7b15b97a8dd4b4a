"""Published: a book as the records of `wire.rules`, and back; pure.

In: a book as written, or what the topic holds.  Out: records by key (a rule's id, `@list/<name>`,
`@manifest`), or the book.  Invariant: a book is taken whole or not at all: its records must add up
to the manifest's content, and this program must read in them the book that was meant.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import blake2b

from streams.rules.book import Book
from streams.rules.model import RULE_ID_PATTERN
from streams.topics import Undecodable, decode, encode
from streams.written import Manifest, Written, WrittenList, WrittenRule

MANIFEST = "@manifest"
LIST_PREFIX = "@list/"
MAX_RECORD_BYTES = 1_000_000
"""Key and value; Kafka takes 1 MiB with its own overhead by default."""

LOOK_BACK_MOST = 8
"""Books tried, newest first, when the newest records make none: each costs a build."""

Values = Mapping[str, bytes]
"""What the topic holds: the last value of each key that was not deleted."""


class NotTaken(ValueError):
    """What the topic holds makes no book here; the text says why, for a person."""


class Nothing(NotTaken):
    """There is no manifest: nobody has pushed a book yet, or the broker lost it."""


class Unfinished(NotTaken):
    """The records do not add up to the manifest: half a push, or two at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """A book and the records that say it, ready to be pushed."""

    book: Book
    records: Values


def edition(book: Book, written: Written) -> Edition:
    """The records of a book."""
    rules = {name: encode(rule) for name, rule in written.rules.items()}
    lists = {LIST_PREFIX + name: encode(words) for name, words in written.lists.items()}
    return Edition(book=book, records=rules | lists)


def manifest(of: Edition, at: str, by: str) -> Manifest:
    """The manifest that ends the push of an edition."""
    lists = sum(map(_is_list, of.records))
    return Manifest(
        hash=of.book.hash,
        content=content(of.records),
        rules=len(of.records) - lists,
        lists=lists,
        at=at,
        by=by,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Oversized:
    """A rule or list whose record no broker would take: its name, `file:line:col` and bytes."""

    name: str
    where: str
    size: int


def oversized(records: Values) -> Iterator[Oversized]:
    """What is too large for a Kafka message."""
    for key, value in records.items():
        size = len(key.encode()) + len(value)
        if size > MAX_RECORD_BYTES:
            where = _decoded(key, value).where
            yield Oversized(name=key.removeprefix(LIST_PREFIX), where=where, size=size)


def content(values: Values) -> str:
    """16 hex digits over all rules and lists, whatever their order."""
    digest = blake2b(digest_size=8)
    for key in sorted(filter(_is_part, values)):
        digest.update(f"{key}\n{len(values[key])}\n".encode() + values[key])
    return digest.hexdigest()


def fold(values: dict[str, bytes], records: Iterable[tuple[bytes | None, bytes | None]]) -> None:
    """Applies records to `values` in order; without a value a record deletes its key."""
    for raw, value in records:
        key = (raw or b"").decode("utf-8", "replace")
        if value is None:
            values.pop(key, None)
        else:
            values[key] = value


def manifest_in(values: Values) -> Manifest:
    """The manifest the topic holds.

    Raises:
        Nothing: there is none.
        NotTaken: it cannot be read.
    """
    if MANIFEST not in values:
        raise Nothing("no rules on wire.rules yet: wirewatch rules push")
    try:
        return decode(Manifest, values[MANIFEST])
    except Undecodable as error:
        raise NotTaken(f"the manifest on wire.rules cannot be read: {error}") from error


def whole(values: Values) -> Manifest:
    """The manifest, if the records add up to it.

    Raises:
        NotTaken: `Nothing` or `Unfinished` or unreadable.
    """
    said = manifest_in(values)
    if content(values) != said.content:
        raise Unfinished("wire.rules holds half a push, or two at once: wirewatch rules push")
    return said


def book_in(values: Values, build: Callable[[Written], Book]) -> Book:
    """The book the topic holds, as `build` reads it.

    Raises:
        NotTaken: there is none, or not a whole one, or this program reads another one in it.
    """
    said = whole(values)
    try:
        book = build(written_in(values))
    except (ValueError, RecursionError) as error:
        message = "this version of wirewatch cannot read the book on wire.rules"
        raise NotTaken(f"{message}: {error}") from error
    if book.hash != said.hash:
        message = "another version of wirewatch pushed the book on wire.rules"
        raise NotTaken(f"{message}, this one reads it differently: push it again with this one")
    return book


def written_in(values: Values) -> Written:
    """Rules and lists as written.

    Raises:
        Undecodable: a record is none.
    """
    parts = [key for key in sorted(values) if _is_part(key)]
    return Written(
        rules={key: decode(WrittenRule, values[key]) for key in parts if not _is_list(key)},
        lists={
            key.removeprefix(LIST_PREFIX): decode(WrittenList, values[key])
            for key in parts
            if _is_list(key)
        },
    )


def earlier(records: Sequence[tuple[bytes | None, bytes | None]]) -> Iterator[Values]:
    """What the topic held at each of its last manifests, newest first.

    After half a push the last good book is still there, until the broker compacts the topic.
    """
    ends = [n for n, (key, _) in enumerate(records, 1) if key == MANIFEST.encode()]
    for end in ends[::-1][:LOOK_BACK_MOST]:
        values: dict[str, bytes] = {}
        fold(values, records[:end])
        yield values


def _is_part(key: str) -> bool:
    return _is_list(key) or bool(re.fullmatch(RULE_ID_PATTERN, key))


def _is_list(key: str) -> bool:
    return key.startswith(LIST_PREFIX)


class How(StrEnum):
    """What became of a rule or list."""

    ADDED = "added"
    CHANGED = "changed"
    MOVED = "moved"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One rule or list that stands otherwise in two places; `moved` means in its file only."""

    how: How
    key: str

    @property
    def what(self) -> str:
        """`rule` or `list`."""
        return "list" if _is_list(self.key) else "rule"

    @property
    def name(self) -> str:
        """The rule's or list's own name."""
        return self.key.removeprefix(LIST_PREFIX)


def differences(wanted: Values, there: Values) -> tuple[Difference, ...]:
    """What must become of `there` to hold what is `wanted`; lists first, then rules, by name."""
    keys = sorted(filter(_is_part, {*wanted, *there}), key=lambda key: (not _is_list(key), key))
    found = ((key, _difference(key, wanted.get(key), there.get(key))) for key in keys)
    return tuple(Difference(how=how, key=key) for key, how in found if how)


def _difference(key: str, wanted: bytes | None, there: bytes | None) -> How | None:
    if wanted == there:
        return None
    if there is None:
        return How.ADDED
    if wanted is None:
        return How.REMOVED
    try:
        same = replace(_decoded(key, wanted), where="") == replace(_decoded(key, there), where="")
    except Undecodable:
        return How.CHANGED
    return How.MOVED if same else How.CHANGED


def _decoded(key: str, value: bytes) -> WrittenRule | WrittenList:
    return decode(WrittenList, value) if _is_list(key) else decode(WrittenRule, value)
