"""The container beside a server that keeps who may sign in as the mounted Secret says."""

from typing import Any, Final

from hastecrm_operator.api.computing import resources
from hastecrm_operator.resources.pods import Volume, container, resources_of
from hastecrm_operator.resources.rendering import Rendering
from hastecrm_operator.resources.secrets import PASSWORD

NAME: Final = "credentials"
PATH: Final = "/run/secrets/hastecrm"
PASSWORD_FILE: Final = f"{PATH}/{PASSWORD}"
_RESOURCES = resources("5m", "8Mi", "64Mi")


def credentials_container(
    image: str, r: Rendering, volumes: list[Volume], files: dict[str, str]
) -> dict[str, Any]:
    """Return the container; `volumes` hold what the server has, `files` are paths by variable."""
    return container(
        NAME,
        image,
        r,
        volumes,
        command=["keep-credentials"],
        env=[{"name": name, "value": path} for name, path in files.items()],
        **resources_of(_RESOURCES),
    )
