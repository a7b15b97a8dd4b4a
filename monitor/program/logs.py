"""Logs: what the program says to people, one line each, on stderr.

Invariant: libraries are heard only at `debug`; their errors reach people as our own words, once
per outage instead of a hundred lines a second.
"""

import logging
import sys

_LIBRARIES = ("faust", "mode", "aiokafka", "kafka", "asyncio", "aiohttp", "slack_sdk", "redis")


def set_up_logs(level: str) -> None:
    """One handler for everything."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S"))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.DEBUG if level == "debug" else logging.WARNING)
    logging.getLogger("wirewatch").setLevel(level.upper())
    for name in _LIBRARIES:
        logging.getLogger(name).setLevel(logging.DEBUG if level == "debug" else logging.CRITICAL)
