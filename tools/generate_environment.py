"""Writes .env.production.example from the settings class of the CRM: `generate_environment.py [--check]`."""

import sys

from generated_file import deliver
from hastecrm.core.settings.example import example

if __name__ == "__main__":
    sys.exit(deliver(".env.production.example", example(), sys.argv[1:]))
