"""What is told, once.

    wire.matches ═► judge (one Redis call) ─► decide ─► card ─► deliver ─► Slack or console

`memory` claims, `decide` words the outcome, `card`, `blocks` and `marks` say what a message shows,
`deliver` goes round until it is told once (`telling`: how far it is), `slack` and `console` are the
sinks.  Imports `streams`, never `monitor`.
"""
