"""How to use what is there for duplicates, for the access matrix; see `cases`.

That pairs are shown only to those who see both records: `tests/integration/duplicates`.
"""

from collections.abc import Iterator, Mapping, Sequence

from tests.integration.access.asking import API, Ask, Case
from tests.integration.access.deal_cases import document
from tests.integration.access.world import RECORD, Actor, Relation, known

from hastecrm.core.records.kind import Kind
from hastecrm.features.duplicates.contract import contract_of
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


DUPLICATES: Mapping[str, Sequence[Case]] = {name: cases for kind in COMPARED for name, cases in _rest(kind)}
DUPLICATES_GRAPH: Mapping[str, Sequence[Case]] = {
    name: cases for kind in COMPARED for name, cases in _graph(kind)
}
