"""Pacing: when a feed is asked next, where, and what that brings to light; pure.

`next_poll` says when, from a `Pace` and an outcome; `failing` when one that fails; `first_polls`
when new ones begin; `moved` where; `validators` whether "not changed" is believed; `cadence`
whether a silence is too long.
"""
