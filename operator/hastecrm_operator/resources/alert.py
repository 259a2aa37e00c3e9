"""What an alert is."""

from typing import Literal, NamedTuple


class Alert(NamedTuple):
    """One alert; `lasting` is how long the expression must hold, as Prometheus writes durations."""

    name: str
    severity: Literal["critical", "warning"]
    lasting: str
    summary: str
    expression: str
    component: str = ""
    """Whom it is about, where the expression does not keep the label."""
