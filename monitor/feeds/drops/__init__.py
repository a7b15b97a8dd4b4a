"""Drops: files that agencies leave in a folder, as items."""
