"""How to use what imports have beside what all records have; see `cases`."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.integration.access.asking import API, Ask, Case
from tests.integration.access.deal_cases import document
from tests.integration.access.world import RECORD, Actor, Relation


def _at(method: str, what: str, body: Any = None) -> Case:
    def ask(actor: Actor, relation: Relation) -> Ask:
        return Ask(method, f"{API}/imports/{actor.record('import', relation)}/{what}", body)

    return Case(ask, RECORD)


def _graph(text: str) -> Case:
    def ask(actor: Actor, relation: Relation) -> Ask:
        return document(text, id=str(actor.record("import", relation)))

    return Case(ask, RECORD)


IMPORTS: Mapping[str, Sequence[Case]] = {
    "sendImportFile": [_at("POST", "file", "first_name\nAda")],
    "previewImport": [_at("GET", "preview")],
    "startImport": [_at("POST", "start", {})],
    "cancelImport": [_at("POST", "cancel")],
    "exportImportErrors": [_at("GET", "errors")],
}
GRAPH: Mapping[str, Sequence[Case]] = {
    "import_preview": [_graph("query($id: UUID!) {importPreview(id: $id) {row}}")],
    "import_errors": [_graph("query($id: UUID!) {importErrors(id: $id)}")],
    "start_import": [_graph("mutation($id: UUID!) {startImport(id: $id) {id}}")],
    "cancel_import": [_graph("mutation($id: UUID!) {cancelImport(id: $id) {id}}")],
}
