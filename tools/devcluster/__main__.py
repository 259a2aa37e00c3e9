"""Entry point of `python3 tools/devcluster`: it needs no installation and no virtualenv."""

import sys
from pathlib import Path

# Python put this folder itself on the path; the package lives one level up.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from devcluster.cli import main  # noqa: E402 (the line above makes the import possible)

if __name__ == "__main__":
    sys.exit(main())
