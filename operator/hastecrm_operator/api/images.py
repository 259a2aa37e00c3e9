"""Which container images run, when not those of the release."""

from typing import Literal

from pydantic import Field

from hastecrm_operator.api.lists import Named
from hastecrm_operator.api.model import Model
from hastecrm_operator.api.texts import Image, ObjectName


class PullSecret(Model):
    """A Secret of type kubernetes.io/dockerconfigjson."""

    name: ObjectName = Field(description="Name of the Secret. Example: registry.")


class ImagesSpec(Model):
    """Overrides; what is left out comes from the operator's repository. Digests are kept as given."""

    app: Image | None = Field(None, description="Application image. Default: the release named by version.")
    postgres: Image | None = Field(
        None, description="Image of the managed database. Default: that of the release."
    )
    redis: Image | None = Field(None, description="Image of the managed cache. Default: that of the release.")
    pull_policy: Literal["Always", "IfNotPresent", "Never"] = Field(
        "IfNotPresent", description="When a node pulls an image. Default: IfNotPresent."
    )
    pull_secrets: Named[PullSecret] = Field(
        (),
        max_length=10,
        description="Credentials for private registries.",
    )
