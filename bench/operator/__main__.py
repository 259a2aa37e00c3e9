"""Entry point of `bench/operator`: measures the operator against a real API server on this machine."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Python put this folder itself on the path. It is called like a module of the standard library: it has no
# __init__.py, which would shadow that one, and is imported as a part of `bench`.
sys.path[0:1] = [str(ROOT), str(ROOT / "tools")]

from bench.operator.cli import main  # noqa: E402 (the line above makes the import possible)

if __name__ == "__main__":
    sys.exit(main())
