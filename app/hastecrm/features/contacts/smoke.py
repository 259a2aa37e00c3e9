"""One contact's life, as steps of a journey."""

from collections.abc import Sequence
from uuid import uuid4

from hastecrm.core.journey import Step, StepError, Visitor
from hastecrm.core.records.contract import path_of
from hastecrm.features.contacts.domain import CONTACT

_PATH = path_of(CONTACT)


class ContactLife:
    """Creates, finds, reads, changes and deletes one contact."""

    def __init__(self) -> None:
        self._id = ""

    @property
    def steps(self) -> Sequence[Step]:
        """The steps, in order."""
        return (
            Step("create-contact", self._create),
            Step("search-contacts", self._search),
            Step("update-contact", self._update),
            Step("delete-contact", self._delete),
        )

    async def _create(self, visitor: Visitor) -> None:
        mark = uuid4().hex[:12]
        body = {"first_name": "Smoke", "last_name": mark, "email": f"smoke-{mark}@example.com"}
        self._id = (await visitor.ask("POST", _PATH, 201, body))["id"]

    async def _search(self, visitor: Visitor) -> None:
        page = await visitor.ask("GET", f"{_PATH}?limit=100", 200)
        if self._id not in {contact["id"] for contact in page["items"]}:
            raise StepError("the new contact is not among the newest 100")

    async def _update(self, visitor: Visitor) -> None:
        await visitor.ask("PATCH", self._path, 200, {"title": "Tester"})
        contact = await visitor.ask("GET", self._path, 200)
        if (contact["first_name"], contact["title"]) != ("Smoke", "Tester"):
            raise StepError("the change was not stored")

    async def _delete(self, visitor: Visitor) -> None:
        await visitor.ask("DELETE", self._path, 204)
        await visitor.ask("GET", self._path, 404)

    @property
    def _path(self) -> str:
        return f"{_PATH}/{self._id}"
