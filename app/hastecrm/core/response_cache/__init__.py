"""Answers of GETs kept in Redis for all who may see the same, as long as their workspace does not change.

    LIST = Operation(..., cached=Cached(unless=("cursor",)))      # in a feature's contract
    SELECT hastecrm_versioned('contacts');                        -- in the migration of each table it reads
    await self._contacts.after_commit(lambda: self._changes.announce(who.workspace))     # in each use case

The first says what is cached. The second lets PostgreSQL count every change in the transaction that makes
it, so that nothing stale outlives `versions.TRUST_SECONDS`, whatever fails. The third makes them none
for whoever made the change. Why it is so: docs/adr/0009.
"""
