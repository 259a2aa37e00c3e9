"""Why a container does not do its work, from what the kubelet says about it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from hastecrm_operator.api.reasons import Workloads

JSON = Mapping[str, Any]

_LONGEST: Final = 2000  # characters of a container's last words
# The kubelet alternates between some of these while it backs off; one name keeps the status still.
_WAITING: Final = {
    "ErrImagePull": Workloads.IMAGE_PULL_BACK_OFF,
    "ImagePullBackOff": Workloads.IMAGE_PULL_BACK_OFF,
    "RegistryUnavailable": Workloads.IMAGE_PULL_BACK_OFF,
    "InvalidImageName": Workloads.INVALID_IMAGE_NAME,
    "ErrImageNeverPull": Workloads.ERR_IMAGE_NEVER_PULL,
    "CreateContainerConfigError": Workloads.CREATE_CONTAINER_CONFIG_ERROR,
}
_NOTHING_WRONG: Final = {"", "ContainerCreating", "PodInitializing"}
_CRASHING: Final = "CrashLoopBackOff"


@dataclass(frozen=True, slots=True)
class ContainerTrouble:
    """Why one container of a pod does not run, or runs and is not ready."""

    container: str
    reason: Workloads
    message: str = ""
    image: str = ""
    exit_code: int = 0
    words: str = ""
    """The end of what it wrote, where the kubelet has kept it."""
    since: str = ""
    """Since when it runs, if it does."""
    restarted: bool = False
    """Whether its last words are those of the container before."""
    restarts: int = 0
    """How often it was started again, up to two: more says nothing new."""


def trouble(container: JSON, *, serves: bool = True) -> ContainerTrouble | None:
    """Return what is wrong with a container; `serves` if it should become ready instead of ending."""
    waiting: JSON = container.get("state", {}).get("waiting", {})
    word = waiting.get("reason", "")
    if word not in _NOTHING_WRONG | {_CRASHING}:
        return _not_started(container, word, str(waiting.get("message", "")))
    if container.get("ready"):
        return None
    crash = finished(container) or container.get("lastState", {}).get("terminated", {})
    if crash.get("exitCode") or (crash and word == _CRASHING):
        return _crashed(container, crash)
    running = container.get("state", {}).get("running")
    if serves and running is not None:
        since = running.get("startedAt") or ""
        return ContainerTrouble(
            container["name"], Workloads.NOT_READY, image=container.get("image", ""), since=since
        )
    return None


def finished(container: JSON) -> JSON:
    """Return how a container ended, nothing if it has not."""
    ended: JSON = container.get("state", {}).get("terminated", {})
    return ended


def _not_started(container: JSON, word: str, message: str) -> ContainerTrouble:
    reason = _WAITING.get(word, Workloads.CONTAINER_DOES_NOT_START)
    plain = message.rpartition("ErrImagePull: ")[2]
    told = plain if word in _WAITING else f"{word}: {plain}"
    return ContainerTrouble(container["name"], reason, told, container.get("image", ""))


def _crashed(container: JSON, crash: JSON) -> ContainerTrouble:
    out_of_memory = crash.get("reason") == "OOMKilled"
    return ContainerTrouble(
        container["name"],
        Workloads.OUT_OF_MEMORY if out_of_memory else Workloads.CRASH_LOOP_BACK_OFF,
        image=container.get("image", ""),
        exit_code=crash.get("exitCode", 0),
        words=crash.get("message", "").strip()[-_LONGEST:],
        restarted=not finished(container),
        restarts=min(container.get("restartCount", 0), 2),
    )
