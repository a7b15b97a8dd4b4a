"""What is told, once.

    wire.matches ═► judge (one Redis call) ─► decide ─► card ─► deliver ─► Slack or console

`memory` claims, `decide` words the outcome, `card` and `blocks` say what a message shows, `deliver`
goes round until it is told once, `slack` and `console` are the sinks.  Imports `streams`, never
`monitor`.
"""
