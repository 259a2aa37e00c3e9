"""What the steps of one reconcile share: the object, the means, and what earlier steps found out."""

import hashlib
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple, TypeVar

import orjson

from hastecrm_operator.api import names
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.api.names import child
from hastecrm_operator.api.reasons import Reason
from hastecrm_operator.engine.applier import Applier
from hastecrm_operator.engine.children import Child, ChildID, Children, Key
from hastecrm_operator.engine.cluster import Reader
from hastecrm_operator.engine.credentials import credentials_hash, generated_values
from hastecrm_operator.engine.desk import Desk
from hastecrm_operator.engine.errors import ReconcileError
from hastecrm_operator.engine.facts import Rollout, SecretContent
from hastecrm_operator.engine.foreign import Foreign
from hastecrm_operator.engine.hibernation import stores_sleep, tiers_sleep
from hastecrm_operator.engine.issuing import Issue
from hastecrm_operator.engine.jobs import last_words, pods_of
from hastecrm_operator.engine.kinds import SECRET, Kind
from hastecrm_operator.engine.releases.course import Course
from hastecrm_operator.engine.releases.target import tier_targets
from hastecrm_operator.engine.requests import Requests
from hastecrm_operator.engine.rollouts import Rollouts
from hastecrm_operator.resources.certificates import AUTHORITY
from hastecrm_operator.resources.config_map import config_map
from hastecrm_operator.resources.manifest import Manifest
from hastecrm_operator.resources.rendering import Images, Rendering

F = TypeVar("F")


class Told(NamedTuple):
    """What an event is to say."""

    reason: Reason
    message: str
    warning: bool = False


@dataclass
class Scope:
    """One object during one reconcile."""

    crm: HasteCRM
    images: Images
    reader: Reader
    applier: Applier
    children: Children
    rollouts: Rollouts
    now: datetime
    issue: Issue
    course: Course
    foreign: Foreign
    """Reads what others own: whether it exists, its identity and its keys, but no value."""
    desk: Desk
    """Answers the backup and restore objects that name this one."""
    migrated: bool = False
    """Whether the schema fits the wanted release; the migration's step says so."""
    failures: list[ReconcileError] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)
    kept: set[ChildID] = field(default_factory=set)
    """Every child that a step has asked for in this run."""
    references: dict[str, str] = field(default_factory=dict)
    """Identity of each user-named Secret that was found, by `<field path>`."""

    @property
    def key(self) -> Key:
        """Which object this is."""
        return Key.of(self.crm)

    @property
    def requests(self) -> Requests:
        """The backup and restore objects of everybody."""
        return self.desk.requests

    async def ensure(self, *manifests: Manifest, hold: bool = False) -> None:
        """Make these children so, all at once; raises the first failure when all have been tried.

        With `hold` no pod is replaced: of workloads that exist everything else is made so.
        """
        self.kept |= {
            ChildID(m["kind"], m["metadata"]["namespace"], m["metadata"]["name"]) for m in manifests
        }
        admitted = [await self.rollouts.admit(manifest, hold=hold) for manifest in manifests]
        await self.applier.ensure_all([manifest for manifest in admitted if manifest])

    def tell(self, reason: Reason, message: str, *, warning: bool = False) -> None:
        """Let an event say that something was done or refused; of what merely holds, a condition speaks."""
        self.told.append(Told(reason, message, warning))

    def keep(self, record: Child) -> Child:
        """Note that this child is wanted."""
        self.kept.add(record.id)
        return record

    def failed(self, condition: str) -> bool:
        """Whether an earlier step has already made this condition False."""
        return any(failure.condition == condition and failure.holds_back for failure in self.failures)

    def child(self, kind: Kind, suffix: str) -> Child | None:
        """Return the live child `<name>-<suffix>`."""
        return self.children.get(kind, self.key.namespace, child(self.key.name, suffix))

    def facts(self, kind: Kind, suffix: str, expected: type[F]) -> F | None:
        """Return the facts of the live child `<name>-<suffix>`."""
        record = self.child(kind, suffix)
        return record.facts if record and isinstance(record.facts, expected) else None

    def has_ready_pod(self, kind: Kind, suffix: str) -> bool:
        """Whether a workload exists and at least one of its pods is ready."""
        rollout = self.facts(kind, suffix, Rollout)
        return rollout is not None and rollout.ready > 0

    def last_words(self, job: str) -> str:
        """Return the termination message of the Job's latest pod that left one."""
        return last_words(pods_of(job, self.key, self.children))

    def store_rendering(self) -> Rendering:
        """Return the rendering of the stores' pods, which follow their Secrets without a restart."""
        return Rendering(self.images, asleep=stores_sleep(self.crm, self.children))

    def release_rendering(self) -> Rendering:
        """Return the rendering of Jobs that prepare a release: the wanted images in what runs now."""
        return replace(self.application_rendering(), images=self.course.images)

    def application_rendering(self) -> Rendering:
        """Return the rendering of application pods: they restart with any configuration change."""
        secrets = generated_values(self.crm, self.children)
        inputs = secrets | self._trusted() | {path: _hash(who) for path, who in self.references.items()}
        config_hash = _hash([config_map(self.crm)["data"], inputs])
        asleep = tiers_sleep(self.crm, self.children)
        credentials = credentials_hash(secrets)
        return Rendering(self.images, config_hash, inputs, credentials, self.course.tiers, asleep)

    def canary_rendering(self) -> Rendering:
        """Return the rendering of pods that run the wanted release while others run the one before.

        Secrets of others are left out: a canary is over before it has to follow them.
        """
        crm, images = self.course.wanted, self.course.images
        secrets = generated_values(crm, self.children)
        config_hash = _hash([config_map(crm)["data"], secrets | self._trusted()])
        releases = tier_targets(crm, images)
        return Rendering(images, config_hash, secrets, credentials_hash(secrets), releases)

    def _trusted(self) -> dict[str, str]:
        known = self.facts(SECRET, names.STORES_TLS, SecretContent) or SecretContent()
        return {f"{names.STORES_TLS}/{key}": value for key, value in known.values if key == AUTHORITY}


def _hash(inputs: object) -> str:
    return hashlib.blake2b(orjson.dumps(inputs, option=orjson.OPT_SORT_KEYS), digest_size=8).hexdigest()
