"""`python chaos/run.py --seed N --for 300s`: faults on every broker, then a ledger that adds up.

Every stage (see `stage`) plays in a process of its own, all at once.  Each prints its ledger as one
JSON line; the last line is their sum:

- `seed`, `for_s`, `brokers`: what was asked for, and the stages it was played on
- `kills`: SIGKILLs of workers, brokers and Redis servers
- `produced`: distinct entries the stub outlets showed, and bad records put on the topics
- `matched`: stories the book must hit, as the slow oracle says; each is due one message
- `intake`: of these, the ones that arrived at the stub Slack
- `deadletter`: bad records found on `wire.deadletter`, each counted once
- `duplicates`: messages beyond the first of a story
- `lost`: `matched` - `intake`

Exit code 1 when anything was lost, doubled or uncalled for, or a process ended otherwise than
documented; each of these is a line on stderr, and so is each fault as it strikes.
"""

import argparse
import json
import logging
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from books import Ledger
from schedule import EVERY_S
from stage import STAGES, missing, set_up
from stubs import child_process
from theatre import Theatre


def main() -> int:
    """Plays one stage here, or several, each in a child process."""
    asked = _arguments()
    if len(asked.stages) == 1 and asked.ledger:
        return _play_here(asked.stages[0], asked)
    return _play_all(asked)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Faults on every broker, and a ledger.")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--for", dest="for_s", type=_seconds, default=300.0)
    parser.add_argument("--every", dest="every_s", type=_seconds, default=EVERY_S)
    parser.add_argument("--stages", type=lambda text: text.split(","), default=list(STAGES))
    parser.add_argument("--ledger", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    for name in asked.stages:
        if name not in STAGES:
            parser.error(f"no stage {name!r}: {', '.join(STAGES)}")
    return asked


def _seconds(text: str) -> float:
    given = re.fullmatch(r"(\d+(?:\.\d+)?)(s|m)?", text)
    if not given or not float(given[1]):
        raise argparse.ArgumentTypeError(f"{text!r} is no duration: 90, 90s or 5m")
    return float(given[1]) * (60 if given[2] == "m" else 1)


def _play_here(name: str, asked: argparse.Namespace) -> int:
    """One stage; its result goes into a file, for the parent."""
    logging.disable()  # aiohttp and kafka-python report every fault again
    folder = Path(tempfile.mkdtemp(prefix=f"wirewatch-chaos-{name}-"))
    result = Theatre(set_up(name, folder), folder, asked.seed).play(asked.for_s, asked.every_s)
    asked.ledger.write_text(json.dumps(result.ledger.as_dict()))
    for offence in result.offences:
        sys.stderr.write(f"{name}: {offence}\n")
    if not result.offences:
        shutil.rmtree(folder, ignore_errors=True)
    else:
        sys.stderr.write(f"{name}: every process's log is in {folder}\n")
    return int(bool(result.offences))


def _play_all(asked: argparse.Namespace) -> int:
    stages = [name for name in asked.stages if _possible(name)]
    with tempfile.TemporaryDirectory(prefix="wirewatch-chaos-") as folder:
        runs = {name: _spawn(name, Path(folder) / name, asked) for name in stages}
        codes = {name: run.wait() for name, run in runs.items()}
        total, played = Ledger(), []
        for name in stages:
            ledger = _read(Path(folder) / name)
            if ledger is None:
                sys.stderr.write(f"{name}: the run broke off\n")
                continue
            print(json.dumps({"stage": name, **ledger.as_dict()}))
            total, played = total + ledger, [*played, name]
    head = {"seed": asked.seed, "for_s": asked.for_s, "brokers": played}
    print(json.dumps(head | total.as_dict()))
    return int(not played or any(codes.values()))


def _possible(name: str) -> bool:
    lacks = missing(name)
    if lacks:
        sys.stderr.write(f"{name} is left out; missing: {', '.join(lacks)}\n")
    return not lacks


def _spawn(name: str, ledger: Path, asked: argparse.Namespace) -> "subprocess.Popen[bytes]":
    command = [sys.executable, __file__, "--stages", name, "--ledger", str(ledger)]
    times = ["--seed", str(asked.seed), "--for", str(asked.for_s), "--every", str(asked.every_s)]
    return subprocess.Popen(child_process.guarded([*command, *times]))


def _read(path: Path) -> Ledger | None:
    return Ledger(**json.loads(path.read_text())) if path.exists() else None


if __name__ == "__main__":
    sys.exit(main())
