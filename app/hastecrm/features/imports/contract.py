"""What the address for imports of a kind promises; `routes` keeps it."""

from functools import lru_cache

from hastecrm.core.operations import Operation, Reply
from hastecrm.core.policy import Right, Verb
from hastecrm.core.records.contract import path_of
from hastecrm.core.records.kind import Kind
from hastecrm.features.imports.schemas import ImportBody, ShownImportOutcome


@lru_cache
def import_of(kind: Kind) -> Operation:
    """Return the operation that imports records of a kind, made once."""
    return Operation(
        f"import{kind.types_name}",
        "POST",
        f"{path_of(kind)}/import",
        f"Import {kind.labels} from CSV: what is right is stored, what is not is told row by row",
        [Reply(200, "What came of the rows", ShownImportOutcome)],
        Right(kind.resource, Verb.CREATE),
        body=ImportBody,
        idempotent=True,
    )
