"""Visiting: feeds looked at by people, one by one, with nothing stored or published."""
