"""The operator as in its pod: with a token file, without packages that the image lacks. Run by the bench."""

import os
import sys
from pathlib import Path

for absent in ("kubernetes", "rich", "pygments"):
    sys.modules[absent] = None  # type: ignore[assignment] # how Python notes that there is no such module

from hastecrm_operator.adapters import credentials  # noqa: E402 - the lines above must come first
from hastecrm_operator.main import main  # noqa: E402


def _load(kubeconfig: str | None, context: str | None) -> credentials.Credentials:  # noqa: ARG001 - as the operator calls it
    return credentials.Credentials(
        server=os.environ["BENCH_SERVER"],
        ca_file=os.environ["BENCH_CA"],
        token_file=Path(os.environ["BENCH_TOKEN_FILE"]),
    )


credentials.load = _load
main()
