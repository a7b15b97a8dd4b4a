"""Slack: the sink of production, and the only package that speaks slack_sdk.

`sink` posts cards, `readback` finds them in their channel again, `answers` says what Slack's errors
mean for both, `identity` whom a token stands for.
"""

from alerts.slack.sink import SlackSink

__all__ = ["SlackSink"]
