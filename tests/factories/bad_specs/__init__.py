"""Specs that nobody may apply, each with the words that the API server answers; a file per subject.

The same tables try the API server (`tests/apiserver/test_crd_refusals.py`) and the parser
(`tests/unit/operator/api/test_hastecrm.py`): what one of them refuses, the other must refuse.
"""

from typing import Any

from tests.factories.bad_specs.access import ACCESS
from tests.factories.bad_specs.lifecycle import LIFECYCLE
from tests.factories.bad_specs.pods import PODS
from tests.factories.bad_specs.security import SECURITY
from tests.factories.bad_specs.stores import STORES
from tests.factories.bad_specs.tiers import TIERS

BAD: dict[str, tuple[dict[str, Any], str]] = TIERS | PODS | STORES | ACCESS | SECURITY | LIFECYCLE
