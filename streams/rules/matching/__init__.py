"""Matching: a book and an item in, the rules that hit out.

`reading` is an item taken apart, `oracle` says slowly what a rule means, `matcher` says it fast.
"""
