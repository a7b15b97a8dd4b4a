"""What a fault does, and how it is undone again."""

import time
from dataclasses import dataclass, field

from agenda import Agenda
from poison import Poison
from schedule import Fault, Kind
from sink import ChaosSlack
from stage import Stage
from stubs.outlet import OutletStub
from workers import Worker, Workers

POST_MOST_S = 10.0
"""A crash waits that long for a post to come by."""

LOOK_S = 0.05
READY_LOOK_S = 0.5
STUCK_BACK_S = 0.5


@dataclass(kw_only=True)
class Mischief:
    """Strikes a stage, its workers and everything around them."""

    stage: Stage
    workers: Workers
    slack: ChaosSlack
    outlet: OutletStub
    poison: Poison
    agenda: Agenda
    service_kills: int = field(default=0)

    def strike(self, fault: Fault) -> None:
        """Does it, says so, and puts its end on the agenda."""
        self.agenda.say(fault)
        match fault.kind:
            case Kind.KILL | Kind.STOP | Kind.FREEZE | Kind.JOIN:
                self._strike_worker(fault)
            case Kind.POISON:
                self.poison.unreadable()
                self.agenda.by_hand(self.poison.send)
            case Kind.BREAKERS:
                self.poison.breakers()
                self.agenda.by_hand(self.poison.send)
            case Kind.OUTLETS_DOWN:
                self.outlet.stop()
                self.agenda.after(fault.lasts_s, self.outlet.start)
            case Kind.BROKER_KILL:
                self.agenda.by_hand(self._kill_broker)
                self.agenda.after(fault.lasts_s, lambda: self.agenda.by_hand(self._broker_back))
            case Kind.REDIS_KILL | Kind.REDIS_ERRORS | Kind.REDIS_STALL | Kind.REDIS_CUT:
                self._strike_redis(fault)
            case _:
                self._strike_slack(fault)

    def _strike_worker(self, fault: Fault) -> None:
        workers, agenda = self.workers, self.agenda
        if fault.kind is Kind.JOIN:
            visitor = workers.join(fault.role)
            agenda.after(fault.lasts_s, lambda: self._leave(visitor))
            return
        worker = workers.named(fault.role, fault.worker)
        if fault.kind is Kind.KILL:
            workers.kill(worker, fault.lasts_s)
        elif fault.kind is Kind.STOP:
            self._stop(worker, fault.lasts_s)
        else:
            workers.freeze(worker)
            agenda.after(fault.lasts_s, lambda: workers.thaw(worker))

    def _stop(self, worker: Worker, back_after_s: float) -> None:
        """SIGTERM, once it is ready: before Python runs a line, it ends as any process does."""
        if worker.starting:
            self.agenda.after(READY_LOOK_S, lambda: self._stop(worker, back_after_s))
        else:
            self.workers.stop(worker, back_after_s)

    def _leave(self, visitor: Worker) -> None:
        self.agenda.say(f"{visitor.name} leaves")
        self._stop(visitor, 0.0)

    def _strike_slack(self, fault: Fault) -> None:
        match fault.kind:
            case Kind.SLACK_ERRORS:
                self.slack.faults.extend(("chat.postMessage", a) for a in fault.answers)
            case Kind.CRASH_BEFORE_POST | Kind.CRASH_AFTER_POST:
                self.slack.hold = "before" if fault.kind is Kind.CRASH_BEFORE_POST else "after"
                self._crash_at_post(fault, self.agenda.now_s + POST_MOST_S)
            case Kind.SLACK_STUCK | Kind.STOP_STUCK:
                self.slack.stuck_until = time.monotonic() + fault.lasts_s
                if fault.kind is Kind.STOP_STUCK:
                    self.agenda.after(fault.lasts_s / 2, self._stop_alerts)

    def _crash_at_post(self, fault: Fault, until_s: float) -> None:
        if not self.slack.holding and self.agenda.now_s < until_s:
            self.agenda.after(LOOK_S, lambda: self._crash_at_post(fault, until_s))
            return
        if self.slack.holding:
            for worker in self.workers.of("alert"):
                self.workers.kill(worker, fault.lasts_s)
        else:
            self.agenda.say("no post came by")
        self.slack.hold, self.slack.holding = "", False

    def _stop_alerts(self) -> None:
        for worker in self.workers.of("alert"):
            if not worker.starting:
                self.workers.stop(worker, STUCK_BACK_S)

    def _kill_broker(self) -> None:
        if self.stage.forgets:
            self.poison.look()
        self.stage.kill_broker()
        self.service_kills += 1

    def _broker_back(self) -> None:
        self.stage.start_broker()
        self.agenda.say("the broker is back")
        if self.stage.forgets:
            self.poison.forgotten()
            self.workers.push()
        self.poison.send()

    def _strike_redis(self, fault: Fault) -> None:
        client = self.stage.client()
        match fault.kind:
            case Kind.REDIS_KILL:
                self.stage.kill_redis()
                self.service_kills += 1
                self.agenda.after(fault.lasts_s, self.stage.start_redis)
            case Kind.REDIS_ERRORS:
                client.config_set("maxmemory", 1)  # less than it holds: writes are refused
                self.agenda.after(fault.lasts_s, lambda: client.config_set("maxmemory", 0))
            case Kind.REDIS_STALL:
                client.client_pause(int(fault.lasts_s * 1000), all=True)
            case Kind.REDIS_CUT:
                client.client_kill_filter(_type="normal", skipme=True)
