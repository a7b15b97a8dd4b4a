"""From an outlet's feed to `wire.items`: fetch → guard → parse → entries → changes → publish.

`poller` walks a feed through these; `schedule` says when, `state` remembers what was published.
"""
