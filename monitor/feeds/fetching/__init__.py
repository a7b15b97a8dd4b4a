"""Fetching: one polite, bounded, safe GET."""
