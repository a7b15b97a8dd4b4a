"""Entry of the console script `wirewatch`, and of `python -m monitor`."""

import sys


def main() -> None:
    """Runs the command line; every failure is words and an exit code, never a traceback."""
    from monitor.cli import app  # noqa: PLC0415 - a broken pipe or Ctrl-C here is quiet too
    from monitor.exits import Quit  # noqa: PLC0415

    try:
        app()
    except Quit as quit_:
        sys.stderr.write(f"wirewatch: {quit_.message}\n")
        sys.exit(quit_.code)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)


if __name__ == "__main__":
    main()
