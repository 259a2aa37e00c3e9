"""How to use what is there for duplicates, and their merging, for the access matrix; see `cases`.

That it takes somebody who sees all of the records: `tests/integration/duplicates` and `merges`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence

from tests.integration.access.asking import API, Ask, Case
from tests.integration.access.deal_cases import document
from tests.integration.access.world import RECORD, Actor, Relation, known

from hastecrm.core.operations import Operation
from hastecrm.core.records.kind import Kind
from hastecrm.features.duplicates.contract import contract_of
from hastecrm.features.merges import contract as merges
from hastecrm.main.duplicates import COMPARED

_ABROAD = (Relation.ELSEWHERE,)


def _rest(kind: Kind) -> Iterator[tuple[str, Sequence[Case]]]:
    contract, pairs = contract_of(kind), f"{API}/duplicates/{kind.plural}"

    def alike(actor: Actor, relation: Relation) -> Ask:
        return Ask("GET", f"{API}/{kind.plural}/{actor.record(kind.name, relation)}/duplicates")

    body = {"is_dismissed": True}
    yield contract.alike.name, [Case(alike, RECORD)]
    yield contract.pairs.name, [Case(lambda *_: Ask("GET", pairs))]
    dismissed = Ask("PATCH", f"{pairs}/{known(f'pair of {kind.name}')}", body)
    yield contract.dismiss.name, [Case(lambda *_: dismissed, _ABROAD)]
    yield from _merges(kind)


def _merges(kind: Kind) -> Iterator[tuple[str, Sequence[Case]]]:
    contract, merge = merges.contract_of(kind), str(known("merge"))

    def at(operation: Operation) -> Callable[[Actor, Relation], Ask]:
        def ask(actor: Actor, relation: Relation) -> Ask:
            path = operation.path.replace("{id}", str(actor.record(kind.name, relation)))
            others = {"others": [{"id": str(actor.record(kind.name, Relation.OWN))}]}
            body = others if operation.body is not None else None
            return Ask(operation.method, path.replace("{merge}", merge), body)

        return ask

    yield contract.list.name, [Case(at(contract.list), RECORD)]
    for operation in (contract.merge, contract.undo):
        yield operation.name, [Case(at(operation), _ABROAD)]


def _graph(kind: Kind) -> Iterator[tuple[str, Sequence[Case]]]:
    change = f"changeDuplicate{kind.types_name}(id: $id, isDismissed: true) {{id}}"
    dismissed = document(f"mutation($id: UUID!) {{{change}}}", id=str(known(f"pair of {kind.name}")))

    def alike(actor: Actor, relation: Relation) -> Ask:
        query = f"query($id: UUID!) {{duplicatesOf{kind.type_name}(id: $id) {{score}}}}"
        return document(query, id=str(actor.record(kind.name, relation)))

    yield f"duplicates_of_{kind.name}", [Case(alike, RECORD)]
    pairs = document(f"{{duplicate{kind.types_name} {{next}}}}")
    yield f"duplicate_{kind.plural}", [Case(lambda *_: pairs)]
    yield f"change_duplicate_{kind.plural}", [Case(lambda *_: dismissed, _ABROAD)]
    yield from _merging(kind)


def _merging(kind: Kind) -> Iterator[tuple[str, Sequence[Case]]]:
    def at(query: str) -> Callable[[Actor, Relation], Ask]:
        def ask(actor: Actor, relation: Relation) -> Ask:
            own, merge = str(actor.record(kind.name, Relation.OWN)), str(known("merge"))
            return document(query, id=str(actor.record(kind.name, relation)), own=own, merge=merge)

        return ask

    listed = f"query($id: UUID!) {{{kind.name}Merges(id: $id) {{id}}}}"
    merged = f"merge{kind.types_name}(id: $id, others: [{{id: $own}}]) {{merge}}"
    undone = f"undo{kind.type_name}Merge(id: $id, merge: $merge) {{left}}"
    yield f"{kind.name}_merges", [Case(at(listed), RECORD)]
    merge = at(f"mutation($id: UUID!, $own: UUID!) {{{merged}}}")
    yield f"merge_{kind.plural}", [Case(merge, _ABROAD)]
    undo = at(f"mutation($id: UUID!, $merge: UUID!) {{{undone}}}")
    yield f"undo_{kind.name}_merge", [Case(undo, _ABROAD)]


DUPLICATES: Mapping[str, Sequence[Case]] = {name: cases for kind in COMPARED for name, cases in _rest(kind)}
DUPLICATES_GRAPH: Mapping[str, Sequence[Case]] = {
    name: cases for kind in COMPARED for name, cases in _graph(kind)
}
