"""`python3 tools/images …`: needs Python's standard library only, so it runs before anything is installed."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from images.cli import main  # noqa: E402 - the package is found once its parent is on the path

sys.exit(main(sys.argv[1:]))
