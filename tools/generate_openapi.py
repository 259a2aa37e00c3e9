"""Writes docs/reference/openapi.json, which the API serves too: `generate_openapi.py [--check]`."""

import json
import sys

from generated_file import deliver
from hastecrm.main.contract import api_document

if __name__ == "__main__":
    text = json.dumps(api_document(), indent=2, ensure_ascii=False) + "\n"
    sys.exit(deliver("docs/reference/openapi.json", text, sys.argv[1:]))
