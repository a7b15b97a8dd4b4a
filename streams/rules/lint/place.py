"""Place: where a clause stands in what was written; a value and a path in, keys out; pure."""

import re
from typing import Any

_INDEX = re.compile(r"\[(\d+)\]")

Steps = tuple[str | int, ...]


def place_of(written: Any, clause: str) -> Steps:
    """The keys and indexes that lead to `clause` (`all[1].any[0]`), as far as they exist."""
    steps: list[str | int] = []
    while clause:
        clause = clause.removeprefix(".")
        if isinstance(written, dict):
            key = _key(written, clause)
            if key is None:
                break
            steps.append(key)
            written, clause = written[key], clause[len(str(key)) :]
        else:
            index = _INDEX.match(clause)
            if index is None or not isinstance(written, list) or int(index[1]) >= len(written):
                break
            steps.append(int(index[1]))
            written, clause = written[int(index[1])], clause[index.end() :]
    return tuple(steps)


def _key(written: dict[Any, Any], clause: str) -> Any:
    """The longest key the clause begins with: keys of `weights` may hold dots."""
    keys = (k for k in written if str(k) and _begins(clause, str(k)))
    return max(keys, key=lambda key: len(str(key)), default=None)


def _begins(clause: str, key: str) -> bool:
    return clause.startswith(key) and clause[len(key) :][:1] in {"", ".", "["}
