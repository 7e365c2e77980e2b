"""``python -m egovsim`` is the command ``egovsim``."""

import sys

from egovsim.cli import main

if __name__ == "__main__":
    sys.exit(main())
