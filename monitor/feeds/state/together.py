"""Together: calls that come while one is under way are made as one.

In: what single callers ask for.  Out: to each its own answer.  Invariants: in the order they came;
a failed call fails each of its callers; the first caller does not wait for others; no call is
larger than its bounds, but for one question that is by itself.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from itertools import accumulate, takewhile
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class Together(Generic[Asked, Answer]):
    """`call` answers so many questions in their order, at once `most` of them at most.

    `size` is that of a question; those asked at once have `most_size` together.
    """

    def __init__(
        self,
        call: Callable[[Sequence[Asked]], Awaitable[Sequence[Answer]]],
        *,
        most: int,
        size: Callable[[Asked], int] = lambda _: 0,
        most_size: int = 0,
    ) -> None:
        self._call = call
        self._most = most
        self._size = size
        self._most_size = most_size
        self._waiting: list[tuple[Asked, asyncio.Future[Answer]]] = []
        self._calling: asyncio.Task[None] | None = None

    async def ask(self, asked: Asked) -> Answer:
        """The answer, from a call made with whatever else is asked meanwhile.

        Raises:
            Exception: whatever the call raised.
        """
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((asked, answer))
        if self._calling is None or self._calling.done():
            self._calling = asyncio.create_task(self._call_while_asked())
        return await answer

    async def _call_while_asked(self) -> None:
        while self._waiting:
            batch = self._waiting[: self._fitting()]
            del self._waiting[: len(batch)]
            try:
                said = await self._call([asked for asked, _ in batch])
            except asyncio.CancelledError:
                for _, future in (*batch, *self._waiting):
                    future.cancel()
                self._waiting.clear()
                raise
            except Exception as error:  # each caller has it
                for _, future in batch:
                    if not future.done():
                        future.set_exception(error)
            else:
                for (_, future), answer in zip(batch, said, strict=True):
                    if not future.done():
                        future.set_result(answer)

    def _fitting(self) -> int:
        """How many of those that wait go into one call."""
        sizes = accumulate(self._size(asked) for asked, _ in self._waiting[: self._most])
        return max(1, sum(1 for _ in takewhile(lambda size: size <= self._most_size, sizes)))
