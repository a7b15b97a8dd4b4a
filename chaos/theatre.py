"""One run on one stage: news, workers and faults for some time, then peace until it adds up.

In: a stage, a seed, a duration.  Out: a ledger, and what went otherwise than documented.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from agenda import Agenda
from books import Ledger, claims, missed, surplus, uncalled, unread
from mischief import Mischief
from newsroom import FEEDS, RULES, Due, Showing, due, plan
from poison import Poison
from schedule import deal
from sink import ChaosSlack
from stage import Stage
from stubs.outlet import OutletStub
from stubs.slack import GOOD_TOKEN
from stubs.wirewatch import Desk, feed_line
from wire import Wire
from workers import Workers

from streams.rules.load import load_book

DESK = "chaos"
POLL_EVERY_S = 0.4
TICK_S = 0.05
LOOK_S = 1.0
"""Between two looks at the books while draining."""

READY_MOST_S = 90.0
DRAIN_MOST_S = 90.0
"""From the last fault until everything is told, buried and read; what is not by then is lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of a run."""

    ledger: Ledger
    offences: tuple[str, ...]


class Theatre:
    """Everything of one run; `play` is the run."""

    def __init__(self, stage: Stage, folder: Path, seed: int) -> None:
        self._stage = stage
        self._seed = seed
        self._outlet = OutletStub()
        self._slack = ChaosSlack(seed)
        self._poison = Poison(stage.broker.bootstrap, seed)
        self._agenda = Agenda(stage.name)
        self._folder = folder
        self._workers = Workers(folder / "logs")

    def play(self, for_s: float, every_s: float) -> Result:
        """Faults for `for_s` seconds, then a drain; cleans up whatever happens."""
        showings = plan(self._seed, for_s)
        try:
            self._agenda.by_hand(self._stage.start)
            self._outlet.start()
            self._slack.start()
            wire = Wire(self._outlet, showings)
            desk = self._write_desk()
            self._until(lambda: self._agenda.done, READY_MOST_S)
            wanted = due(showings, load_book(desk.folder / "rules"))
            mischief = self._trouble(desk, wire, for_s, every_s)
            self._drain(wanted)
            self._workers.stop_all()
            return self._result(showings, wanted, mischief.service_kills)
        finally:
            self._workers.end()
            self._slack.stop()
            self._outlet.stop()
            self._agenda.close()
            self._stage.stop()

    def _write_desk(self) -> Desk:
        desk = Desk(self._folder / "desk", name=DESK)
        desk.write("rules/asia.yaml", RULES)
        urls = {feed: self._outlet.url(feed) for feed in FEEDS}
        lines = (feed_line(*each, every_s=POLL_EVERY_S) for each in urls.items())
        desk.write("feeds.yaml", "".join(lines))
        slack = {"SLACK_BOT_TOKEN": GOOD_TOKEN, "SLACK_API_URL": self._slack.url}
        desk.environment |= self._stage.environment | slack
        return desk

    def _trouble(self, desk: Desk, wire: Wire, for_s: float, every_s: float) -> Mischief:
        """News and faults, until both have ended."""
        mischief = Mischief(
            stage=self._stage,
            workers=self._workers,
            slack=self._slack,
            outlet=self._outlet,
            poison=self._poison,
            agenda=self._agenda,
        )
        self._workers.start_all(desk.folder, desk.environment)
        self._until(self._workers.all_ready, READY_MOST_S)
        self._agenda.begin()
        self._agenda.say(f"workers ready, faults for {for_s:g} s")
        for fault in deal(self._seed, self._stage.name, for_s, every_s):
            self._agenda.at(fault.at_s, lambda fault=fault: mischief.strike(fault))
        wire.start()
        self._until(lambda: self._agenda.now_s >= for_s and not wire.is_alive(), for_s + 1)
        self._until(lambda: self._agenda.done, DRAIN_MOST_S)
        return mischief

    def _drain(self, wanted: set[Due]) -> None:
        """Peace: everybody up, until all is told, buried and read."""
        self._slack.faults.clear()
        self._agenda.say("no more faults, draining")
        next_look = [0.0]

        def adds_up() -> bool:
            if time.monotonic() < next_look[0]:
                return False
            next_look[0] = time.monotonic() + LOOK_S
            return self._adds_up(wanted)

        if not self._until(adds_up, DRAIN_MOST_S):
            self._agenda.say(f"not drained within {DRAIN_MOST_S:g} s")

    def _adds_up(self, wanted: set[Due]) -> bool:
        if missed(wanted, self._slack.told()):
            return False
        self._poison.send()
        self._poison.look()
        buried = self._poison.buried == self._poison.injected
        return buried and unread(self._stage.broker.bootstrap) == []

    def _until(self, true: Callable[[], bool], most_s: float) -> bool:
        """Goes on with the agenda and the workers until `true()`; False if time runs out."""
        end = time.monotonic() + most_s
        while not true():
            if time.monotonic() > end:
                return False
            self._agenda.turn()
            self._workers.review(self._stage.calm_s)
            time.sleep(TICK_S)
        return True

    def _result(self, showings: Sequence[Showing], wanted: set[Due], service_kills: int) -> Result:
        told = self._slack.told()
        lost = missed(wanted, told)
        ledger = Ledger(
            kills=self._workers.kills + service_kills,
            produced=len(showings) + self._poison.injected,
            matched=len(wanted),
            intake=len(wanted) - len(lost),
            deadletter=self._poison.buried,
            duplicates=surplus(told),
            lost=len(lost),
        )
        return Result(ledger=ledger, offences=tuple(self._offences(wanted)))

    def _offences(self, wanted: set[Due]) -> Iterator[str]:
        """Everything that should not be, in words."""
        told = self._slack.told()
        yield from self._workers.offences
        yield from (f"{d.marker} was never told on {d.channel}" for d in missed(wanted, told))
        yield from (f"{m} was told on {c} {n} times" for (m, c), n in told.items() if n > 1)
        yield from (f"{m} was told on {c} for no reason" for m, c in uncalled(wanted, told))
        yield from map(str, unread(self._stage.broker.bootstrap) or ())
        left = self._poison.injected - self._poison.buried
        if left:
            yield f"{left} bad records are not on wire.deadletter"
        marks = claims(self._stage.client(), DESK)
        held = sum(count for channel, count in marks.items() if channel.startswith("#"))
        if held != len(wanted):
            yield f"the memory holds {held} stories as told, not {len(wanted)}"
