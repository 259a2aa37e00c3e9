"""How queries name what belongs to one object."""

from hastecrm_operator.api import names
from hastecrm_operator.api.hastecrm import HasteCRM

POD_LABELS = (names.INSTANCE, names.COMPONENT)
"""Labels of pods that the PodMonitor hands to every series."""

COMPONENT = "app_kubernetes_io_component"
_INSTANCE = "app_kubernetes_io_instance"


def of(crm: HasteCRM, *more: str) -> str:
    """Return the label matchers of the object's series, and `more`, in braces."""
    return (
        "{"
        + ",".join((f'namespace="{crm.metadata.namespace}"', f'{_INSTANCE}="{crm.metadata.name}"', *more))
        + "}"
    )


def told(crm: HasteCRM, metric: str, *more: str) -> str:
    """Return a metric of the operator about `crm`, under whichever label Prometheus keeps its namespace."""
    # Who scrapes without honorLabels finds there the operator's own namespace.
    name, others = crm.metadata.namespace, (f'name="{crm.metadata.name}"', *more)
    kept = (",".join((f'{label}="{name}"', *others)) for label in ("namespace", "exported_namespace"))
    return "(" + " or ".join(f"{metric}{{{matchers}}}" for matchers in kept) + ")"


def tier(component: str) -> str:
    """Return the matcher of one component."""
    return f'{COMPONENT}="{component}"'
