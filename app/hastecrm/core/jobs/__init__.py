"""Work that is done later, by a worker: a queue in PostgreSQL.

A job is committed or undone together with the change that asks for it. It runs at least once; what it changes
inside `Task.finishing()` happens exactly once.
"""

from hastecrm.core.jobs.queue import enqueue

__all__ = ["enqueue"]
