"""`python3 tools/foreign_crds [--kubeconfig FILE]`: generates, prints the folder, applies on request."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from foreign_crds.cli import main  # noqa: E402 - the package is found once its parent is on the path

sys.exit(main(sys.argv[1:]))
