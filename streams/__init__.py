"""What flows, and how it is judged.

One item's way, each hop a function of the record before:

    fetch ─► parse ─► publish ═► wire.items ═► match ═► wire.matches ═► judge ─► decide ─► deliver
       (monitor.feeds)                     (streams)                         (alerts)

`═►` is Kafka.  This package holds the records (`item`, `match`, `decision`), the rule language and
its matcher (`rules`), the topics and their codec (`topics`), and the Faust app that matches
(`faust_app`, `match_agent`).  It imports neither `alerts` nor `monitor`.
"""
