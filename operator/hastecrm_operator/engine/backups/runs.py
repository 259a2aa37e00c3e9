"""The Jobs of backups and drills with what their pods have said. Pure."""

from dataclasses import dataclass

from hastecrm_operator.api import names
from hastecrm_operator.engine.backups.reports import (
    DrillReport,
    DumpReport,
    Refusal,
    drill_report,
    dump_report,
    refusal,
)
from hastecrm_operator.engine.children import Child, Children, Key
from hastecrm_operator.engine.facts import JobResult, PodState
from hastecrm_operator.engine.jobs import succeeded_jobs
from hastecrm_operator.engine.kinds import JOB, POD


@dataclass(frozen=True)
class Run:
    """One Job, and its last words."""

    job: Child
    result: JobResult
    succeeded: bool
    words: str
    trouble: str = ""
    """What keeps its pod from doing its work, as the cluster says it."""

    @property
    def name(self) -> str:
        """Return the name of the Job."""
        return self.job.id.name

    @property
    def is_scheduled(self) -> bool:
        """Whether a CronJob made it: then nothing of it is ours."""
        return not self.job.owned

    @property
    def dump(self) -> DumpReport | None:
        """Return what it reports of its dump, if it has one."""
        return dump_report(self.words) if self.succeeded else None

    @property
    def drill(self) -> DrillReport | None:
        """Return what it reports of its drill, if it has passed."""
        return drill_report(self.words) if self.succeeded else None

    @property
    def refusal(self) -> Refusal | None:
        """Return why it failed for good, if it did."""
        return refusal(self.words, self.result.failed) if self.result.failed else None


def runs(key: Key, children: Children, component: str = names.BACKUP) -> list[Run]:
    """Return all Jobs of one component, oldest end first, those that run last."""
    done, pods = succeeded_jobs(key, children), _pods(key, children, component)
    words = {pod.job: pod.report for pod in pods if pod.report}
    troubles = {pod.job: said for pod in pods if (said := _trouble(pod))}
    found = [
        Run(job, job.facts, (name := job.id.name) in done, words.get(name, ""), troubles.get(name, ""))
        for job in children.of(key, JOB)
        if isinstance(job.facts, JobResult) and job.facts.component == component
    ]
    return sorted(found, key=lambda run: run.result.ended or "9")


def _pods(key: Key, children: Children, component: str) -> list[PodState]:
    """Return the pods of a component, oldest first."""
    pods = (pod.facts for pod in children.of(key, POD))
    mine = [pod for pod in pods if isinstance(pod, PodState) and pod.component == component]
    return sorted(mine, key=lambda pod: pod.since)


def _trouble(pod: PodState) -> str:
    if pod.unschedulable:
        return f"no node can take its pod: {pod.unschedulable}"
    first = next(iter(pod.trouble), None)
    return f"{first.reason}: {first.message or first.words}" if first else ""
