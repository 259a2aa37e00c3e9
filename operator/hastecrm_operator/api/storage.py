"""A volume that keeps data, and a Secret that holds credentials."""

from pydantic import Field

from hastecrm_operator.api.model import Model
from hastecrm_operator.api.quantities import Quantity
from hastecrm_operator.api.texts import ObjectName


class Storage(Model):
    """The volume of a managed store."""

    size: Quantity = Field(description="Size of the volume in bytes. Example: 20Gi.")
    class_name: ObjectName | None = Field(
        None, description="StorageClass of the volume; it never changes. Default: the cluster's."
    )


class SecretReference(Model):
    """A Secret in the same namespace, made by you."""

    secret_name: ObjectName = Field(description="Name of the Secret.")
