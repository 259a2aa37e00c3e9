"""What the worker does, and how often."""

from pydantic import BaseModel, Field

from hastecrm.core.settings.values import LongSecret, Seconds


class WorkSettings(BaseModel):
    """Jobs and housekeeping."""

    retention_days: int = Field(30, ge=1, le=3650, description="Age at which deleted records are purged.")
    audit_retention_days: int = Field(
        365, ge=1, le=36_500, description="Age at which entries of the audit log are purged."
    )
    housekeeping_interval: Seconds = Field(300.0, description="How often deleted records are purged.")
    anonymise_key: LongSecret | None = Field(
        None, description="Makes copies show the same invented people each time; unset: others each time."
    )
    job_concurrency: int = Field(
        4, ge=1, le=100, description="Jobs a worker runs at once; two less than the pool at most."
    )
    job_lease: Seconds = Field(
        30.0, description="How soon the jobs of a worker that died are run by another."
    )
    job_poll: Seconds = Field(1.0, description="How often a worker looks for jobs without being told of one.")
