"""Entry point of `bench/service`: measures the CRM's API as one process on one core."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Python put this folder itself on the path; the package is a part of `bench`. The builder of Go programs and
# the tests' servers are used as they are.
sys.path[0:1] = [str(ROOT), str(ROOT / "tools")]

from bench.service.cli import main  # noqa: E402 (the lines above make the import possible)

if __name__ == "__main__":
    sys.exit(main())
