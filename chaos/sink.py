"""The stub Slack with a mind of its own: calls take time, get stuck, or are held for a crash."""

import asyncio
import random
import time
from collections import Counter

from aiohttp import web
from newsroom import CHANNELS, MARKER
from poison import POISON_CHANNEL
from stubs.slack import SlackStub

SLOW_MOST_S = 0.25
"""Before and after a call is served, at random: so kills meet posts under way."""

HOLD_MOST_S = 20.0
"""A held call is let go by then, whether or not anybody was killed."""


class ChaosSlack(SlackStub):
    """`stuck_until` (monotonic): calls are swallowed; `hold`: "before" or "after" a post."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.channels |= {*CHANNELS, POISON_CHANNEL}
        self.stuck_until = 0.0
        self.hold = ""
        self.holding = False
        self._chance = random.Random(f"slack {seed}")

    def told(self) -> Counter[tuple[str, str]]:
        """Messages by story and channel, lines of a thread left out."""
        with self._changed:
            return Counter(
                (_story(message.text), message.channel)
                for message in self.messages
                if message.thread_ts is None
            )

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """One Web API call, sooner or later or never."""
        posting = request.path.endswith("/chat.postMessage")
        if time.monotonic() < self.stuck_until:
            await asyncio.sleep(self.stuck_until - time.monotonic())
            return _dropped(request)
        await asyncio.sleep(self._chance.uniform(0, SLOW_MOST_S))
        if posting and self.hold == "before":
            return await self._held(request)
        answer = await super().answer(request)
        if posting and self.hold == "after":
            return await self._held(request)
        await asyncio.sleep(self._chance.uniform(0, SLOW_MOST_S))
        return answer

    async def _held(self, request: web.Request) -> web.StreamResponse:
        self.holding = True
        end = time.monotonic() + HOLD_MOST_S
        while self.hold and time.monotonic() < end:
            await asyncio.sleep(0.01)
        return _dropped(request)


def _story(text: str) -> str:
    marker = MARKER.search(text)
    return marker[0] if marker else text[:40]


def _dropped(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
