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


def tier(component: str) -> str:
    """Return the matcher of one component."""
    return f'{COMPONENT}="{component}"'
