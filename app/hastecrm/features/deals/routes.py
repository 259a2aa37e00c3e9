"""Deals over REST beside what all records have: parse, call one use case, render."""

from collections.abc import Mapping
from uuid import UUID

from aiohttp import web

from hastecrm.core.bodies import not_found, parse, parse_id
from hastecrm.core.http import json_response, read_json
from hastecrm.core.idempotency import Idempotency
from hastecrm.core.identity import PRINCIPAL
from hastecrm.core.pagination import PageRequest, parse_limit
from hastecrm.core.records.listing import parse_owner
from hastecrm.core.records.rendering import record_json
from hastecrm.core.unit_of_work import Connections
from hastecrm.features.deals import contract
from hastecrm.features.deals.domain import DEAL
from hastecrm.features.deals.repository.board import CARDS, Boards, CardCursor, Wanted
from hastecrm.features.deals.schemas import (
    DealMove,
    PersonBody,
    column_json,
    person_json,
    transition_json,
)
from hastecrm.features.deals.service.deals import DealService
from hastecrm.features.deals.service.moves import Move, MoveService


class DealRoutes:
    """The addresses of moves, transitions and people below `/api/v1/deals`."""

    def __init__(self, deals: DealService, moves: MoveService, idempotency: Idempotency) -> None:
        self._deals = deals
        self._moves = moves
        self._idempotency = idempotency

    def add_to(self, app: web.Application) -> None:
        """Register the addresses."""
        contract.MOVE.add_to(app, self.move)
        contract.TRANSITIONS.add_to(app, self.transitions)
        contract.PEOPLE.add_to(app, self.people)
        contract.PUT_PERSON.add_to(app, self.put_person)
        contract.REMOVE_PERSON.add_to(app, self.remove_person)

    async def move(self, request: web.Request) -> web.Response:
        """Move a deal."""
        body = parse(DealMove, await read_json(request))
        wanted = Move(_id(request), body.place(), body.reasons(), request.headers.get("If-Match"))

        async def work(unit: Connections) -> web.Response:
            return record_json(DEAL, await self._moves.within(unit).move(request[PRINCIPAL], wanted))

        return await self._idempotency.answer(request, work)

    async def transitions(self, request: web.Request) -> web.Response:
        """Return how a deal came to where it is."""
        wanted = PageRequest.of(request.query)
        page = await self._deals.transitions(request[PRINCIPAL], _id(request), wanted)
        return json_response(page.as_json(transition_json))

    async def people(self, request: web.Request) -> web.Response:
        """Return the people of a deal."""
        found = await self._deals.people(request[PRINCIPAL], _id(request))
        return json_response({"items": [person_json(person) for person in found]})

    async def put_person(self, request: web.Request) -> web.Response:
        """Put a contact into a deal: 204."""
        body = parse(PersonBody, await read_json(request))
        who, contact = request[PRINCIPAL], _contact(request)
        await self._deals.put_person(who, _id(request), contact, is_primary=body.is_primary)
        return web.Response(status=204)

    async def remove_person(self, request: web.Request) -> web.Response:
        """Take a contact out of a deal: 204."""
        await self._deals.remove_person(request[PRINCIPAL], _id(request), _contact(request))
        return web.Response(status=204)


class BoardRoutes:
    """The addresses of boards below `/api/v1/pipelines`."""

    def __init__(self, boards: Boards) -> None:
        self._boards = boards

    def add_to(self, app: web.Application) -> None:
        """Register the addresses."""
        contract.BOARD.add_to(app, self.board)
        contract.COLUMN.add_to(app, self.column)

    async def board(self, request: web.Request) -> web.Response:
        """Return all columns, each with its first cards."""
        wanted = Wanted(_pipeline(request), _limit(request.query), parse_owner(request.query))
        columns = await self._boards.columns(request[PRINCIPAL].scope, wanted)
        if not columns:
            raise not_found("pipeline")
        return json_response({"columns": [column_json(column) for column in columns]})

    async def column(self, request: web.Request) -> web.Response:
        """Return one column, from a card on."""
        cursor = request.query.get("cursor")
        wanted = Wanted(
            _pipeline(request),
            _limit(request.query),
            parse_owner(request.query),
            parse_id(request.match_info["stage"], "stage"),
            CardCursor.decode(cursor) if cursor else None,
        )
        columns = await self._boards.columns(request[PRINCIPAL].scope, wanted)
        if not columns:
            raise not_found("stage")
        return json_response(column_json(columns[0]))


def _id(request: web.Request) -> UUID:
    return parse_id(request.match_info["id"], DEAL.label)


def _contact(request: web.Request) -> UUID:
    return parse_id(request.match_info["contact"], "contact")


def _pipeline(request: web.Request) -> UUID:
    return parse_id(request.match_info["id"], "pipeline")


def _limit(query: Mapping[str, str]) -> int:
    return parse_limit(query["limit"]) if "limit" in query else CARDS
