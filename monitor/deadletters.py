"""Dead letters at work: listed, shown, put back on their topic, or dropped.

In: what lies on `wire.deadletter`.  Out: records on the topics they came from, and marks.
Invariants: a record is put back only with its own key and bytes; it is marked after the broker has
it, so a stop in between repeats it and loses nothing; nothing is deleted; the order of a topic's
records is kept.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass

from streams.broker.connection import Connection
from streams.broker.producer import NotPublished, Publisher
from streams.broker.reader import Stored, partitions_of, read_at, read_to_end
from streams.letters import UNKNOWN, Letter, Letters, Lying, Place, mark, read_letter, value_of
from streams.records import utc_now
from streams.topics import DEADLETTER, ITEMS, MATCHES, LetterState, TooLarge, Topic, encode

REPLAYABLE = (ITEMS, MATCHES)
"""Topics that a role reads.  Nothing is put on another one, whatever a letter says."""

ROUND_MOST_RECORDS = 5_000
ROUND_MOST_BYTES = 16 * 1024 * 1024
"""Put back and marked together: what is held in memory, and what a stop may repeat."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A record's key and value; `whole` False where they are only what the letter holds of them."""

    key: bytes
    value: bytes
    whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What became of one letter; `refused` says why nothing did, else it is empty."""

    letter: Letter
    refused: str = ""


class DeadLetters:
    """The dead letters of one installation.  `patience_s` is for one answer of the broker."""

    def __init__(self, connection: Connection, publisher: Publisher, patience_s: float) -> None:
        self._connection = connection
        self._publisher = publisher
        self._patience_s = patience_s

    async def all(self, topic: str = "") -> list[Letter]:
        """Every letter, or those of a `topic` (with or without the prefix), oldest first.

        Raises:
            BrokerUnreachable: no broker, or a silent one.
        """
        names = {topic, self._connection.prefix + topic}
        letters = await read_letters(self._connection, self._patience_s)
        return [letter for letter in letters if not topic or letter.topic in names]

    async def content(self, letter: Letter) -> Content:
        """The record's own key and bytes where they can be had, else what the letter holds.

        Raises:
            BrokerUnreachable: no broker, or a silent one.
        """
        return (await self._contents([letter]))[letter.place]

    async def replay(self, letters: Sequence[Letter]) -> AsyncIterator[Done]:
        """Puts records back on the topics they came from; says of each once it is marked.

        Raises:
            BrokerUnreachable: no broker, or a silent one.
            NotPublished: the broker does not take them; some of a round may be there unmarked.
        """
        there = await partitions_of(self._connection, REPLAYABLE, self._patience_s)
        in_order = sorted(letters, key=lambda x: (x.topic, x.partition, x.offset))
        for part in _rounds(in_order):
            refused = {x.place: why for x in part if (why := self._why_not(x, there))}
            contents = await self._contents([x for x in part if x.place not in refused])
            refused |= {at: _cut(found) for at, found in contents.items() if not found.whole}
            good = [x for x in part if x.place not in refused]
            try:
                refused |= await self._put_back(good, contents)
                good = [x for x in good if x.place not in refused]
                await self._mark(good, LetterState.REPLAYED, "")
            except NotPublished as error:
                unsure = f"up to {len(good)} records may be back on their topic without a mark"
                raise NotPublished(f"{error}; {unsure}") from error
            for letter in part:
                yield Done(letter=letter, refused=refused.get(letter.place, ""))

    async def drop(self, letters: Sequence[Letter], because: str) -> AsyncIterator[Done]:
        """Marks letters as done with; says so of each.

        Raises:
            NotPublished: the broker does not take the marks.
        """
        for part in _rounds(letters):
            await self._mark(part, LetterState.DROPPED, because)
            for letter in part:
                yield Done(letter=letter)

    async def _put_back(
        self, letters: Sequence[Letter], contents: Mapping[Place, Content]
    ) -> dict[Place, str]:
        """Publishes each on its topic; the answer says which of them the broker never takes."""
        refused: dict[Place, str] = {}
        for topic in REPLAYABLE:
            places = [x.place for x in letters if x.topic == self._connection.name(topic)]
            records = [(contents[place].key, contents[place].value) for place in places]
            try:
                await self._publish(topic, records)
            except TooLarge as error:
                keys = {place: contents[place].key.decode("utf-8", "replace") for place in places}
                refused |= {at: str(error) for at in places if keys[at] in error.keys}
        return refused

    async def _mark(self, letters: Sequence[Letter], state: LetterState, note: str) -> None:
        marks = [mark(letter, state, at=utc_now(), note=note) for letter in letters]
        records = [(each.record_key.encode(), encode(each)) for each in marks]
        await self._publish(DEADLETTER, records)

    async def _publish(self, topic: Topic, records: list[tuple[bytes, bytes]]) -> None:
        try:
            async with asyncio.timeout(self._patience_s):
                if records:
                    await self._publisher.publish(topic, records)
        except TimeoutError as error:
            message = f"{topic.name}: no acknowledgement within {self._patience_s:g} s"
            raise NotPublished(message) from error

    def _why_not(self, letter: Letter, there: dict[str, list[int]]) -> str:
        """Why a letter's topic cannot have its record back; empty if it can."""
        for topic in REPLAYABLE:
            if self._connection.name(topic) == letter.topic:
                return "" if topic.name in there else f"{letter.topic} is not on this broker"
        return f"{letter.topic} is no topic that a role reads here"

    async def _contents(self, letters: Sequence[Letter]) -> dict[Place, Content]:
        """Key and value of each, by the place of its letter."""
        wanted = {letter.place: letter for letter in letters}
        found: dict[Place, Content] = {}
        async with contextlib.aclosing(_records(self._connection, self._patience_s)) as records:
            async for record in records:
                letter = wanted.get((record.partition, record.offset))
                if letter:
                    found[letter.place] = await self._content(letter, record)
                if len(found) == len(wanted):
                    break
        lost = Content(key=b"", value=b"", whole=False)
        return {place: found.get(place, lost) for place in wanted}

    async def _content(self, letter: Letter, record: Lying) -> Content:
        body = read_letter(record)
        held = Content(key=body.key.encode(), value=value_of(body), whole=letter.whole)
        if letter.whole:
            return held
        source = await self._source(letter)
        if source is None or not _same(letter, held, source):
            return held
        return Content(key=source.key or b"", value=source.value or b"", whole=True)

    async def _source(self, letter: Letter) -> Stored | None:
        """The record itself, if it still lies where it was read."""
        for topic in REPLAYABLE:
            if self._connection.name(topic) == letter.topic:
                return await read_at(
                    self._connection, topic, letter.partition, letter.offset, self._patience_s
                )
        return None


async def read_letters(connection: Connection, patience_s: float) -> list[Letter]:
    """Every letter of an installation, oldest first.

    Raises:
        BrokerUnreachable: no broker, or a silent one.
    """
    letters = Letters()
    async for record in _records(connection, patience_s):
        letters.add(record)
    return letters.all()


async def _records(connection: Connection, patience_s: float) -> AsyncGenerator[Lying, None]:
    topic = connection.name(DEADLETTER)
    async with contextlib.aclosing(read_to_end(connection, DEADLETTER, patience_s)) as records:
        async for record in records:
            yield Lying(
                topic=topic,
                partition=record.partition,
                offset=record.offset,
                timestamp_ms=record.timestamp_ms,
                key=record.key or b"",
                value=record.value or b"",
            )


def _rounds(letters: Sequence[Letter]) -> Iterator[list[Letter]]:
    """The letters in order, in parts that fit into memory."""
    part: list[Letter] = []
    size = 0
    for letter in letters:
        if part and (len(part) >= ROUND_MOST_RECORDS or size + letter.size > ROUND_MOST_BYTES):
            yield part
            part, size = [], 0
        part.append(letter)
        size += max(0, letter.size)
    if part:
        yield part


def _same(letter: Letter, held: Content, source: Stored) -> bool:
    """True when `source` is the record of the letter, not of a topic made anew."""
    value, key = source.value or b"", (source.key or b"").decode("utf-8", "replace")
    as_long = letter.size in {UNKNOWN, len(value)}
    return value.startswith(held.value) and key.encode().startswith(held.key) and as_long


def _cut(found: Content) -> str:
    held = f"the letter holds only its first {len(found.value):,} bytes"
    return f"{held}, and its record is no longer where it came from"
