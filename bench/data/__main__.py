"""Entry point of `bench/data`: measures dumping and restoring on this machine."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Python put this folder itself on the path; it is imported as a part of `bench`.
sys.path[0:1] = [str(ROOT), str(ROOT / "tools")]

from bench.data.cli import main  # noqa: E402 (the line above makes the import possible)

if __name__ == "__main__":
    sys.exit(main())
