"""``rabbitviewer`` and ``python -m rabbitviewer``; Ctrl+C is answered from the first moment."""

from __future__ import annotations

import sys


def main() -> int:
    """Run one command and return its exit code."""
    try:
        # Loading takes longer than a quick Ctrl+C, which must not end in a traceback.
        from rabbitviewer.cli import main as run

        return run()
    except KeyboardInterrupt:
        sys.stderr.write("rabbitviewer: Interrupted.\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
