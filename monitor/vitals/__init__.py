"""Vitals: what one process says of itself while it runs.

`watched` holds what its roles let others look at, `counts` what happened so far; `exposition` puts
both into Prometheus's words, `serve` answers over HTTP, `health_file` says where, `ask` is the
other end: `wirewatch health`.  `measured_…` time what the alert and poll roles talk to.
"""
