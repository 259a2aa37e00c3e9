"""Makes certificates; the library behind it is loaded with the first one, because idle memory counts."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib import import_module

from hastecrm_operator.engine.issuing import Certificates


def issue(existing: Mapping[str, bytes], names: Sequence[str], now: datetime) -> Certificates:
    """Return a new certificate for a server of these DNS names.

    It is signed by the authority in `existing` (ca.crt, ca.key) if that is usable, else by a new one.
    """
    made: Certificates = import_module("hastecrm_operator.adapters.x509").issue(existing, names, now)
    return made
