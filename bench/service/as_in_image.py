"""`hastecrm api` without optional packages that development has, and the image has not. Run by the bench."""

import sys

for absent in ("opentelemetry", "rich", "pygments"):
    sys.modules[absent] = None  # type: ignore[assignment] # how Python notes that there is no such module

from hastecrm.main import main  # noqa: E402 - the line above must come first

sys.exit(main(["api"]))
