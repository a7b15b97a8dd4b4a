"""What a running program says of itself, as a monitoring system asks it."""

import http.client
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

ANSWER_S = 10.0


def where(data: Path, roles: str) -> str:
    """The address that the program with `roles` (`poll-match`) wrote into its health file."""
    [path] = (data / "health").glob(f"{roles}-*.json")
    return str(json.loads(path.read_text(encoding="utf-8"))["http"])


def ask(address: str, path: str, method: str = "GET") -> tuple[int, str]:
    """Status and body of one request."""
    host, _, port = address.rpartition(":")
    connection = http.client.HTTPConnection(host.strip("[]"), int(port), timeout=ANSWER_S)
    try:
        connection.request(method, path)
        response = connection.getresponse()
        return response.status, response.read().decode()
    finally:
        connection.close()


def state(address: str, path: str = "/-/healthy") -> tuple[int, dict[str, Any]]:
    status, body = ask(address, path)
    return status, json.loads(body)


def until(true: Callable[[], object], timeout_s: float = 30.0) -> None:
    """Returns once `true()`; fails when time runs out first."""
    deadline = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < deadline, "not reached"
        time.sleep(0.05)


class Scrape:
    """One scrape of `/metrics`."""

    def __init__(self, address: str) -> None:
        status, text = ask(address, "/metrics")
        assert status == 200
        self._samples = [
            sample for family in text_string_to_metric_families(text) for sample in family.samples
        ]

    def value(self, name: str, **labels: str) -> float:
        """The one sample of that name that has these labels."""
        [found] = [
            s.value for s in self._samples if s.name == name and labels.items() <= s.labels.items()
        ]
        return float(found)
