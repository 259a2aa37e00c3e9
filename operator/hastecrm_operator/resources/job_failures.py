"""Which failures of our programs no further pod would mend."""

from typing import Any, Final

_NEVER: Final = 65
"""The exit code by which a program says that it will fail each time until somebody acts."""


def pod_failure_policy() -> dict[str, Any]:
    """Return the policy of a Job that ends at once, and is told, when trying again is of no use."""
    return {"rules": [{"action": "FailJob", "onExitCodes": {"operator": "In", "values": [_NEVER]}}]}
