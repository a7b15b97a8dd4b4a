"""Pacing: when a feed is asked next; pure."""
