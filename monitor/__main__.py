"""Entry of the console script `wirewatch`, and of `python -m monitor`."""

import errno
import os
import sys

from monitor.exits import ExitCode, Quit

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
"""What a write says where there is no room."""


def main() -> None:
    """Runs the command line; every failure is words and an exit code, never a traceback."""
    try:
        from monitor.cli import app  # noqa: PLC0415 - takes a moment, in which Ctrl-C is quiet too

        app()
    except Quit as end:
        from monitor.program.logs import last_words  # noqa: PLC0415 - as above

        last_words(end.message)
        sys.exit(end.code)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except OSError as error:
        if error.errno not in FULL:
            raise
        from monitor.program.logs import last_words  # noqa: PLC0415 - as above

        last_words(f"cannot write: {error.strerror}")
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is left in stdout goes nowhere
        sys.exit(ExitCode.BAD_NEWS)


if __name__ == "__main__":
    main()
