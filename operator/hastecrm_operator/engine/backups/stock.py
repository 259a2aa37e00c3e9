"""Which dumps that are recorded are not in the destination any more. Pure."""

from collections.abc import Iterable, Iterator

from hastecrm_operator.engine.backups.records import Record
from hastecrm_operator.engine.backups.reports import DumpReport


def missed(report: DumpReport, known: Iterable[Record]) -> Iterator[Record]:
    """Yield the records of good dumps that a report should list, and does not.

    A report lists the newest dumps only, so nothing is said of those that are older than what it lists; nor
    of younger ones than its own, which came after the look.
    """
    listed = {dump.name for dump in report.found} | {report.name, *report.pruned}
    oldest = min((dump.taken_at for dump in report.found), default=report.taken_at)
    is_all = report.dumps is not None and report.dumps <= len(report.found)
    for record in known:
        at = record.parsed.status.taken_at
        should_be_listed = at is not None and at < report.taken_at and (is_all or at > oldest)
        if should_be_listed and record.is_good and not record.is_deleted and record.dump not in listed:
            yield record
