"""What the pods of connection checks have reported. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

import orjson

from hastecrm_operator.api import names
from hastecrm_operator.api.hastecrm import HasteCRM
from hastecrm_operator.api.reasons import Stores
from hastecrm_operator.engine.children import Children, Key
from hastecrm_operator.engine.facts import PodState
from hastecrm_operator.engine.kinds import POD
from hastecrm_operator.resources.connection_check import STORES


@dataclass(frozen=True)
class Report:
    """What a check says of one store: a word for machines, and a sentence."""

    ok: bool
    reason: str
    message: str


def reports(crm: HasteCRM, children: Children) -> dict[str, Report]:
    """Return the newest report of each external store; none of a store whose pod is gone."""
    key = Key.of(crm)
    found = {}
    for pod in sorted(_checks(key, children), key=lambda pod: pod.since):
        for store in STORES:
            if report := parse(pod.report, store):
                found[store] = report
    return found


def _checks(key: Key, children: Children) -> Iterator[PodState]:
    for pod in children.of(key, POD):
        if isinstance(pod.facts, PodState) and pod.facts.component == names.CHECK:
            yield pod.facts


def parse(words: str, store: str) -> Report | None:
    """Return what a termination message says of `store`; None if it says nothing of it."""
    try:
        said = orjson.loads(words)[store]
        return Report(bool(said["ok"]), str(said["reason"]), str(said["message"]))
    except (ValueError, KeyError, TypeError):
        # An image that does not know the command says so in its own words.
        return (
            Report(ok=False, reason=Stores.CHECK_FAILED, message=words) if words and words[0] != "{" else None
        )
