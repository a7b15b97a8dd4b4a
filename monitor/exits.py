"""Exit codes, and the one exception that carries them to the command line.

0 fine, also after a clean stop    1 the answer is bad news
2 wrong usage or a broken desk     3 Kafka, Redis or Slack cannot be reached
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """What the shell gets."""

    FINE = 0
    BAD_NEWS = 1
    USAGE = 2
    UNREACHABLE = 3


class Quit(Exception):
    """The command ends here, with words for a person and a code for the shell."""

    def __init__(self, code: ExitCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
