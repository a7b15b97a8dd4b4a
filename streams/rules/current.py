"""Current: the matcher in force; a new one takes its place whole, from one item to the next."""

from streams.rules.matcher import Matcher


class Current:
    """Holds one matcher; swapped by reference."""

    def __init__(self, matcher: Matcher) -> None:
        self.matcher = matcher
