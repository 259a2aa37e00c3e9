"""How a Job of a release stands, be it that only its pod says so yet. Pure."""

from dataclasses import dataclass

from hastecrm_operator.engine.children import Children, Key
from hastecrm_operator.engine.facts import JobResult
from hastecrm_operator.engine.jobs import last_words, pods_of, succeeded_jobs
from hastecrm_operator.engine.kinds import JOB


@dataclass(frozen=True)
class JobState:
    """A Job: `words` is the latest termination message of its pods."""

    exists: bool = False
    succeeded: bool = False
    failed: str = ""
    release: str = ""
    """The attempt that it was made for."""
    words: str = ""


def job_state(name: str, key: Key, children: Children) -> JobState:
    """Return how the Job `name` stands; of one that does not exist, that nothing is known."""
    record = children.get(JOB, key.namespace, name)
    if record is None or not isinstance(record.facts, JobResult):
        return JobState()
    return JobState(
        exists=True,
        succeeded=name in succeeded_jobs(key, children),
        failed=record.facts.failed,
        release=record.facts.release,
        words=last_words(pods_of(name, key, children)),
    )
