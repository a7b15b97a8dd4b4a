"""Polling: the way of one poll, from a lease to its settlement."""
