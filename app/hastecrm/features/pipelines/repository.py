"""Pipelines in PostgreSQL. Whoever changes one holds its lock, so that rules over all of its stages hold."""

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, TypeVar
from uuid import UUID

from hastecrm.core.audit import Entry, record_of
from hastecrm.core.codes import Code
from hastecrm.core.errors import BusinessError, FieldProblem, UniqueViolationError
from hastecrm.core.identity import Principal
from hastecrm.core.scope import Scope
from hastecrm.core.unit_of_work import Action, Connections
from hastecrm.features.pipelines.domain import Pipeline, PipelineType, Stage, StageKind

_MOST: Final = 200  # pipelines of a workspace that are shown
_COLUMNS = "p.id, p.name, p.type, p.is_default, p.version, p.created_at, p.updated_at"
_STAGES = (
    "ARRAY(SELECT (s.id, s.name, s.position, s.probability, s.kind) FROM stages AS s "
    "WHERE s.workspace_id = p.workspace_id AND s.pipeline_id = p.id ORDER BY s.position) AS stages"
)
# Only the module's own constants are put into statements; values always travel as parameters.
_SHOW = f"SELECT {_COLUMNS}, {_STAGES} FROM pipelines AS p WHERE p.workspace_id = $1"  # noqa: S608
_LIVING = "p.deleted_at IS NULL"
_ORDER = f"ORDER BY p.is_default DESC, lower(p.name), p.id LIMIT {_MOST}"
_ALL = f"{_SHOW} AND (p.deleted_at IS NOT NULL) = $2 {_ORDER}"
_GET = f"{_SHOW} AND {_LIVING} AND p.id = $2"
_GET_TRASHED = f"{_SHOW} AND p.deleted_at IS NOT NULL AND p.id = $2"
_LOCK = "FOR UPDATE OF p"
_ADD = "INSERT INTO pipelines (workspace_id, id, name, type) VALUES ($1, $2, $3, $4)"
_ADD_STAGE = (
    "INSERT INTO stages (workspace_id, pipeline_id, id, position, name, probability, kind) "
    "VALUES ($1, $2, $3, $4, $5, $6, $7)"
)
_CHANGE_STAGE = (
    "UPDATE stages SET position = $4, name = $5, probability = $6, kind = $7 "
    "WHERE workspace_id = $1 AND pipeline_id = $2 AND id = $3"
)
# Names are unique: while several change at once, none may stand in another's way.
_SET_ASIDE = "UPDATE stages SET name = id::text WHERE workspace_id = $1 AND pipeline_id = $2"
_IN_STAGES = (
    "SELECT stage_id, count(*) FROM deals WHERE workspace_id = $1 AND stage_id = ANY ($2) "
    "AND deleted_at IS NULL GROUP BY stage_id"
)
# A deal in the trash needs a stage that it could come back to.
_MOVE_TRASHED = (
    "UPDATE deals SET stage_id = $4 WHERE workspace_id = $1 AND pipeline_id = $2 AND stage_id = $3 "
    "AND deleted_at IS NOT NULL"
)
_REMOVE_STAGE = "DELETE FROM stages WHERE workspace_id = $1 AND pipeline_id = $2 AND id = $3"
_NO_DEFAULT = (
    "UPDATE pipelines SET is_default = false, version = version + 1, updated_at = now() "
    "WHERE workspace_id = $1 AND is_default AND id <> $2"
)
_CHANGE = (
    "UPDATE pipelines SET name = $3, is_default = $4, version = version + 1, updated_at = now() "
    "WHERE workspace_id = $1 AND id = $2"
)
_HAS_DEALS = "SELECT true FROM deals WHERE workspace_id = $1 AND pipeline_id = $2 LIMIT 1"
_REMOVE = "DELETE FROM pipelines WHERE workspace_id = $1 AND id = $2"
_TRASH = (
    "UPDATE pipelines SET deleted_at = now(), version = version + 1, updated_at = now() "
    "WHERE workspace_id = $1 AND id = $2"
)
_RESTORE = (
    "UPDATE pipelines SET deleted_at = NULL, version = version + 1, updated_at = now() "
    "WHERE workspace_id = $1 AND id = $2"
)
_FIELDS: Final = {"pipelines_name_unique": "name", "stages_name_unique": "stages"}

T = TypeVar("T")


class Pipelines:
    """The pipelines of a workspace."""

    def __init__(self, database: Connections) -> None:
        self._database = database

    async def all(self, scope: Scope, *, trashed: bool) -> list[Pipeline]:
        """Return every pipeline, the default one first, or those in the trash."""
        rows = await self._database.read(lambda db: db.fetch(_ALL, scope.workspace, trashed), scope)
        return [_pipeline(row) for row in rows]

    async def get(self, scope: Scope, pipeline: UUID) -> Pipeline | None:
        """Return a pipeline, or None when there is none (any more)."""
        row = await self._database.read(lambda db: db.fetchrow(_GET, scope.workspace, pipeline), scope)
        return _pipeline(row) if row is not None else None

    async def run(self, who: Principal, work: "WithPipelines[T]") -> T:
        """Do work in a transaction of its own, repeated where it meets a conflict.

        It reaches the deals of everyone: a stage is empty or not, whoever looks.
        """

        async def alone(connection: Any) -> T:
            return await work(OpenPipelines(connection, who))

        with _naming_the_field():
            return await self._database.run(alone, Scope(who.workspace, None, who.role))

    async def after_commit(self, action: Action) -> None:
        """Do this once what was stored is there for others to see."""
        await self._database.after_commit(action)


class OpenPipelines:
    """The pipelines of one workspace, for the length of a transaction."""

    def __init__(self, connection: Any, who: Principal) -> None:
        self._connection = connection
        self._who = who

    async def add(self, pipeline: UUID, name: str, kind: PipelineType) -> None:
        """Store a new pipeline without stages; raises `BusinessError` when its name is taken."""
        await self._connection.execute(_ADD, self._who.workspace, pipeline, name, kind)

    async def locked(self, pipeline: UUID, *, trashed: bool = False) -> Pipeline | None:
        """Return a pipeline and keep others from changing it until the transaction ends."""
        statement = f"{_GET_TRASHED if trashed else _GET} {_LOCK}"
        row = await self._connection.fetchrow(statement, self._who.workspace, pipeline)
        return _pipeline(row) if row is not None else None

    async def deals_in(self, stages: Iterable[Stage]) -> Mapping[UUID, int]:
        """Return how many deals are in each stage that has some, whosever they are."""
        ids = [stage.id for stage in stages]
        rows = await self._connection.fetch(_IN_STAGES, self._who.workspace, ids)
        return {row["stage_id"]: row["count"] for row in rows}

    async def add_stages(self, pipeline: UUID, stages: Iterable[Stage]) -> None:
        """Store new stages."""
        await self._connection.executemany(_ADD_STAGE, [self._row(pipeline, stage) for stage in stages])

    async def change_stages(self, pipeline: UUID, stages: Sequence[Stage]) -> None:
        """Store what stages are from now on; all that are not named lose their names."""
        await self._connection.execute(_SET_ASIDE, *self._key(pipeline))
        await self._connection.executemany(_CHANGE_STAGE, [self._row(pipeline, stage) for stage in stages])

    async def remove_stage(self, pipeline: UUID, stage: UUID, refuge: UUID) -> None:
        """Take a stage out; deals in the trash that were in it would come back into `refuge`."""
        await self._connection.execute(_MOVE_TRASHED, *self._key(pipeline), stage, refuge)
        await self._connection.execute(_REMOVE_STAGE, *self._key(pipeline), stage)

    async def change(self, pipeline: UUID, name: str, *, is_default: bool) -> None:
        """Store name and role; where it becomes the default one, the other one stops to be it."""
        if is_default:
            await self._connection.execute(_NO_DEFAULT, self._who.workspace, pipeline)
        await self._connection.execute(_CHANGE, *self._key(pipeline), name, is_default)

    async def remove(self, pipeline: UUID) -> None:
        """Put a pipeline into the trash, or remove it where it has never had a deal."""
        has_deals = await self._connection.fetchval(_HAS_DEALS, *self._key(pipeline))
        await self._connection.execute(_TRASH if has_deals else _REMOVE, *self._key(pipeline))

    async def restore(self, pipeline: UUID) -> None:
        """Take a pipeline out of the trash."""
        await self._connection.execute(_RESTORE, *self._key(pipeline))

    async def record(self, entry: Entry) -> None:
        """Add to the audit log."""
        await record_of(self._connection, self._who, entry)

    def _key(self, pipeline: UUID) -> tuple[UUID | None, UUID]:
        return self._who.workspace, pipeline

    def _row(self, pipeline: UUID, stage: Stage) -> tuple[Any, ...]:
        values = (stage.position, stage.name, stage.probability, stage.kind)
        return (*self._key(pipeline), stage.id, *values)


WithPipelines = Callable[[OpenPipelines], Awaitable[T]]


@contextmanager
def _naming_the_field() -> Iterator[None]:
    try:
        yield
    except UniqueViolationError as exc:
        field = _FIELDS.get(exc.constraint, "id")
        problem = FieldProblem(f"/{field}", "is already used by another pipeline")
        detail = "Another pipeline already has this name."
        raise BusinessError(detail, code=Code.BIZ_DUPLICATE, errors=[problem]) from exc


def _pipeline(row: Any) -> Pipeline:
    values = dict(row)
    stages = [_stage(values["id"], each) for each in values.pop("stages")]
    return Pipeline(**{**values, "type": PipelineType(values["type"])}, stages=stages)


def _stage(pipeline: UUID, row: Any) -> Stage:
    stage, name, position, probability, kind = row
    return Stage(stage, pipeline, name, position, probability, StageKind(kind))
