"""The doctor: is everything reachable and in order, and if not, what to do?

`finding` is what a check says; `machine`, `desk`, `services` find out, `judge_broker` and
`judge_memory` judge what was seen; `examine` runs all checks side by side, each bounded in time.
"""
