"""Outage: one line when something goes, one when it is back."""

import logging
import time

log = logging.getLogger("wirewatch.outage")


class Outage:
    """Whether one outside service answers, said once per change."""

    def __init__(self, service: str) -> None:
        self._service = service
        self._since: float | None = None

    def began(self, why: object) -> None:
        """It does not answer; said the first time only."""
        if self._since is None:
            self._since = time.monotonic()
            log.warning("%s does not answer, waiting: %s", self._service, why)

    def over(self) -> None:
        """It answers; said only after an outage."""
        if self._since is not None:
            log.warning("%s is back after %.0f s", self._service, time.monotonic() - self._since)
            self._since = None

    @property
    def lasting_s(self) -> float:
        """Seconds since it went; 0 while it answers."""
        return 0.0 if self._since is None else time.monotonic() - self._since


class Outages:
    """The outside services of one process: who asks for one by name shares it."""

    def __init__(self) -> None:
        self._by_name: dict[str, Outage] = {}

    def of(self, service: str) -> Outage:
        """The outage of `service`, over until it began."""
        return self._by_name.setdefault(service, Outage(service))

    def lasting_s(self) -> dict[str, float]:
        """Every service, and how long it has not answered; 0 while it does."""
        return {name: outage.lasting_s for name, outage in self._by_name.items()}

    def lasting(self) -> list[str]:
        """What does not answer right now, in words."""
        return [
            f"{name} has not answered for {outage.lasting_s:.0f} s"
            for name, outage in self._by_name.items()
            if outage.lasting_s
        ]
