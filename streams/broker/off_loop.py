"""Off the loop: blocking calls of a library, made in turn in one thread.

In: a call.  Out: its result, awaited.  Invariants: the event loop never waits in a call; the
thread is a daemon, so a call that hangs keeps nobody from ending the process, which an executor of
the standard library would.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from queue import SimpleQueue
from typing import ParamSpec, TypeVar

Given = ParamSpec("Given")
Result = TypeVar("Result")


class OffLoop:
    """One thread, started by the first call."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    def run(
        self, call: Callable[Given, Result], *args: Given.args, **kwargs: Given.kwargs
    ) -> "asyncio.Future[Result]":
        """`call(...)` when its turn comes; what it returns or raises.

        A cancelled call is not begun; one that has begun goes on.
        """
        result: Future[Result] = Future()
        self._calls.put(partial(_answer, result, partial(call, *args, **kwargs)))
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
            self._thread.start()
        return asyncio.wrap_future(result)

    def end(self) -> None:
        """The thread ends after the calls that were asked for."""
        self._calls.put(None)

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            call()


def _answer(result: "Future[Result]", call: Callable[[], Result]) -> None:
    if not result.set_running_or_notify_cancel():
        return
    try:
        result.set_result(call())
    except BaseException as error:
        result.set_exception(error)
