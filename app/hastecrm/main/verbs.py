"""The verbs of a command, each with its summary and examples in `--help`."""

import argparse
from typing import Any


def add_verb(verbs: Any, name: str, summary: str, examples: str) -> argparse.ArgumentParser:
    """Add a verb to what `add_subparsers` has returned; return its parser."""
    parser: argparse.ArgumentParser = verbs.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=examples,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    return parser
