"""What the addresses of deals promise beside those that all records have; `routes` keeps it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from hastecrm.core.codes import Code
from hastecrm.core.operations import PAGE_PARAMETERS, UUID_SCHEMA, Cached, Operation, Parameter, Reply
from hastecrm.core.pagination import MAX_LIMIT
from hastecrm.core.policy import Resource, Right, Verb
from hastecrm.core.records.contract import path_of
from hastecrm.core.records.schemas import models_of
from hastecrm.features.deals.domain import DEAL
from hastecrm.features.deals.repository.board import CARDS
from hastecrm.features.deals.schemas import (
    DealMove,
    PersonBody,
    ShownBoard,
    ShownColumn,
    ShownDealPeople,
    ShownTransitions,
)

_ONE: Final = f"{path_of(DEAL)}/{{id}}"
_BOARD: Final = "/api/v1/pipelines/{id}/board"
_TEXT: Mapping[str, Any] = MappingProxyType({"type": "string"})
_ID = Parameter("id", "path", "The deal's id.", UUID_SCHEMA)
_CONTACT = Parameter("contact", "path", "The contact's id.", UUID_SCHEMA)
_PIPELINE = Parameter("id", "path", "The pipeline's id.", UUID_SCHEMA)
_STAGE = Parameter("stage", "path", "The stage's id.", UUID_SCHEMA)
_IF_MATCH = Parameter("If-Match", "header", "The ETag of the state that may be moved.", _TEXT)
_OWNER = Parameter("owner", "query", "Only the deals of this user; `none`: of nobody.", _TEXT)
_LIMIT = Parameter(
    "limit",
    "query",
    "How many cards of each column to return.",
    {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": CARDS},
)
_CURSOR = Parameter("cursor", "query", "The `next` of the column.", _TEXT)
_ETAG: Mapping[str, str] = MappingProxyType({"ETag": "The state that was shown, for If-Match."})
_READ, _UPDATE = Right(Resource.DEAL, Verb.READ), Right(Resource.DEAL, Verb.UPDATE)

MOVE = Operation(
    "moveDeal",
    "POST",
    f"{_ONE}/move",
    "Move a deal to a stage, and to a place in it; doing it again changes nothing",
    [Reply(200, "The deal", models_of(DEAL).shown, _ETAG)],
    _UPDATE,
    body=DealMove,
    parameters=[_ID, _IF_MATCH],
    codes=[Code.BIZ_NOT_FOUND, Code.BIZ_VERSION_MISMATCH, Code.BIZ_CONFLICT],
    idempotent=True,
)
TRANSITIONS = Operation(
    "listDealTransitions",
    "GET",
    f"{_ONE}/transitions",
    "List its changes of stage and status, newest first, with the time that it was in each stage",
    [Reply(200, "A page of transitions", ShownTransitions)],
    _READ,
    parameters=[_ID, *PAGE_PARAMETERS],
    codes=[Code.VALIDATION_FAILED, Code.BIZ_NOT_FOUND],
)
PEOPLE = Operation(
    "listDealContacts",
    "GET",
    f"{_ONE}/contacts",
    "List the people of a deal, the primary one first",
    [Reply(200, "The people", ShownDealPeople)],
    _READ,
    parameters=[_ID],
    codes=[Code.BIZ_NOT_FOUND],
)
PUT_PERSON = Operation(
    "putDealContact",
    "PUT",
    f"{_ONE}/contacts/{{contact}}",
    "Put a contact into a deal, or make it the primary one; the first one is that by itself",
    [Reply(204, "It is in the deal")],
    _UPDATE,
    body=PersonBody,
    parameters=[_ID, _CONTACT],
    codes=[Code.BIZ_NOT_FOUND, Code.BIZ_CONFLICT],
)
REMOVE_PERSON = Operation(
    "removeDealContact",
    "DELETE",
    f"{_ONE}/contacts/{{contact}}",
    "Take a contact out of a deal",
    [Reply(204, "It is not in the deal any more")],
    _UPDATE,
    parameters=[_ID, _CONTACT],
    codes=[Code.BIZ_NOT_FOUND],
)
BOARD = Operation(
    "getBoard",
    "GET",
    _BOARD,
    "Show a pipeline as a board: each stage with its count, its sums and its first cards",
    [Reply(200, "The board", ShownBoard)],
    _READ,
    parameters=[_PIPELINE, _LIMIT, _OWNER],
    codes=[Code.VALIDATION_FAILED, Code.BIZ_NOT_FOUND],
    cached=Cached(),
)
COLUMN = Operation(
    "getBoardColumn",
    "GET",
    f"{_BOARD}/{{stage}}",
    "Show one column of a board from a card on",
    [Reply(200, "The column", ShownColumn)],
    _READ,
    parameters=[_PIPELINE, _STAGE, _LIMIT, _CURSOR, _OWNER],
    codes=[Code.VALIDATION_FAILED, Code.BIZ_NOT_FOUND],
)
OPERATIONS: Final = (MOVE, TRANSITIONS, PEOPLE, PUT_PERSON, REMOVE_PERSON, BOARD, COLUMN)
