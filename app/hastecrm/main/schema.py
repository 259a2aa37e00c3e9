"""`hastecrm schema`: print the schema contract of this version."""

import argparse
import sys

import orjson

from hastecrm.core.schema import bundled_migrations, schema_of
from hastecrm.core.settings import Settings

_EXAMPLES = """\
examples:
  hastecrm schema | jq .
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the examples; there are no options."""
    parser.epilog = _EXAMPLES


def run(_settings: Settings, _options: argparse.Namespace) -> int:
    """Print one JSON object."""
    sys.stdout.write(orjson.dumps(schema_of(bundled_migrations()).as_json()).decode() + "\n")
    return 0
