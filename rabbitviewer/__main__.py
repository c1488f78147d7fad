"""``python -m rabbitviewer``: the same as the command ``rabbitviewer``."""

import sys

from rabbitviewer.cli import main

if __name__ == "__main__":
    sys.exit(main())
