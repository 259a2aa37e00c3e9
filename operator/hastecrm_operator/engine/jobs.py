"""Which Jobs have done their work. Pure."""

from hastecrm_operator.engine.children import Children, Key
from hastecrm_operator.engine.facts import JobResult, PodState
from hastecrm_operator.engine.kinds import JOB, POD


def pods_of(job: str, key: Key, children: Children) -> list[PodState]:
    """Return what the pods of one Job say, the latest first."""
    pods = (pod.facts for pod in children.of(key, POD))
    mine = [pod for pod in pods if isinstance(pod, PodState) and pod.job == job]
    return sorted(mine, key=lambda pod: pod.since, reverse=True)


def last_words(pods: list[PodState]) -> str:
    """Return the latest termination message that there is; "" for none."""
    return next((pod.report for pod in pods if pod.report), "")


def succeeded_jobs(key: Key, children: Children) -> set[str]:
    """Return the names of the object's Jobs that have succeeded, be it that only their pod says so yet.

    The Job's own word comes one to three seconds after the pod's; the application need not wait for it.
    """
    jobs = ((job.id.name, job.facts) for job in children.of(key, JOB))
    results = {name: result for name, result in jobs if isinstance(result, JobResult)}
    pods = (pod.facts for pod in children.of(key, POD))
    by_pod = {(pod.job, pod.release) for pod in pods if isinstance(pod, PodState) and pod.succeeded}
    # A pod may outlive its Job for a moment, and there may be a Job of the same name again.
    return {name for name, job in results.items() if job.succeeded or (name, job.release) in by_pod}
