"""Pacing: when a feed is asked next, where, and what that brings to light; pure.

`next_poll` says when, from a `Pace` and an outcome; `moved` where; `validators` whether "not
changed" is believed; `cadence` whether a silence is too long; `schedule` when new feeds begin.
"""
