"""Entry of the console script `wirewatch`, and of `python -m monitor`."""

import sys

from monitor.exits import Quit


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


if __name__ == "__main__":
    main()
