"""streams.broker.room and off_loop: back-pressure, and calls that block."""

import asyncio
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.broker.off_loop import OffLoop
from streams.broker.room import Room

MOST_BYTES = 100


@given(
    most_records=st.integers(1, 5),
    steps=st.lists(
        st.one_of(
            st.tuples(st.just("take"), st.integers(0, MOST_BYTES)),
            st.tuples(st.sampled_from(["give", "cancel"]), st.integers(0, 20)),
        ),
        max_size=60,
    ),
)
def test_room_is_never_overdrawn_and_given_in_the_order_of_coming(
    most_records: int, steps: list[tuple[str, int]]
) -> None:
    asyncio.run(_walk(Room(most_records, MOST_BYTES), most_records, steps))


async def _walk(room: Room, most_records: int, steps: list[tuple[str, int]]) -> None:
    inside: list[int] = []
    waiting: list[tuple[int, asyncio.Task[None]]] = []
    for step, number in steps:
        if step == "take":
            waiting.append((number, asyncio.create_task(room.take(number))))
        elif step == "give" and inside:
            room.give(inside.pop(number % len(inside)))
        elif step == "cancel" and waiting:
            _, task = waiting.pop(number % len(waiting))
            task.cancel()
        for _ in range(3):
            await asyncio.sleep(0)
        admitted = [task.done() for _, task in waiting]
        assert admitted == sorted(admitted, reverse=True)
        inside += [size for size, task in waiting if task.done()]
        waiting = [(size, task) for size, task in waiting if not task.done()]
        assert (room.records, room.bytes, room.waiting) == (len(inside), sum(inside), len(waiting))
        assert room.records <= most_records
        assert room.bytes <= MOST_BYTES
        if waiting:
            assert room.records == most_records or room.bytes + waiting[0][0] > MOST_BYTES
    for _, task in waiting:
        task.cancel()
    await asyncio.gather(*(task for _, task in waiting), return_exceptions=True)
    assert (room.records, room.waiting) == (len(inside), 0)


async def test_room_that_comes_with_the_cancellation_is_not_lost() -> None:
    room = Room(1, MOST_BYTES)
    await room.take(1)
    taking = asyncio.create_task(room.take(1))
    await asyncio.sleep(0)
    room.give(1)
    taking.cancel()
    await asyncio.wait({taking})
    assert taking.cancelled()
    assert room.records == 0


async def test_blocking_calls_are_made_in_turn_by_a_thread_that_holds_nobody() -> None:
    off_loop, go_on = OffLoop("blocking"), threading.Event()

    def fail() -> None:
        raise KeyError("said so")

    first = off_loop.run(lambda: (go_on.wait(), threading.current_thread()))
    failing, never = off_loop.run(fail), off_loop.run(go_on.clear)
    await asyncio.sleep(0)
    assert not first.done()
    never.cancel()
    await asyncio.wait({never})
    go_on.set()
    _, thread = await first
    with pytest.raises(KeyError, match="said so"):
        await failing
    assert thread.daemon
    assert thread.name == "blocking"
    off_loop.end()
    await asyncio.to_thread(thread.join)
    assert go_on.is_set()
