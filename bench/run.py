"""`python bench/run.py [PART]`: a table for people, then one JSON line: part, ratios, figures."""

import json
import sys

import feeds
import hostile
import latency
import matcher
import pipeline
import soak
import stream

PARTS = {
    "pipeline": pipeline.measure,
    "stream": stream.measure,
    "latency": latency.measure,
    "matcher": matcher.measure,
    "feeds": feeds.measure,
    "soak": soak.measure,
    "hostile": hostile.measure,
}


def main() -> int:
    """Runs one part; stream if none is named."""
    part = sys.argv[1] if len(sys.argv) > 1 else "stream"
    if part not in PARTS:
        sys.stderr.write(f"no part {part!r}: {', '.join(PARTS)}\n")
        return 2
    result = PARTS[part]()
    for name, value in (result["ratios"] | result["figures"]).items():
        print(f"{name:<38} {value:>12,.2f}")
    print(json.dumps({"part": part, **result}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
