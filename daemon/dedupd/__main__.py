"""Let `python -m dedupd` be the command `dedupd`."""

import sys

from dedupd.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
