"""What a principal can have written for them; knows no HTTP."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from hastecrm.core.audit import Entry, record_of
from hastecrm.core.authentication import demand
from hastecrm.core.codes import Code
from hastecrm.core.errors import SystemFaultError
from hastecrm.core.identity import Principal
from hastecrm.core.policy import Resource, Right, Verb
from hastecrm.core.unit_of_work import Connections
from hastecrm.features.ai.client import Model
from hastecrm.features.ai.domain import Generated, Material, Prompt, Subject, reply, summary

# Brings what a principal sees of a record; raises `BusinessError` where they see none.
Bring = Callable[[Principal, Subject, UUID], Coroutine[Any, Any, Material]]


@dataclass(frozen=True, slots=True)
class AIService:
    """Asks the model. `model` is None where the installation has none."""

    bring: Bring
    model: Model | None
    database: Connections

    async def summary(self, who: Principal, subject: Subject, record: UUID) -> Generated:
        """Return a summary of a record's timeline; raises `CRMError`."""
        material = await self._material(who, subject, record)
        return await self._written(who, summary(material), Entry(f"{subject}.summarised", subject, record))

    async def reply(self, who: Principal, contact: UUID, instructions: str | None) -> Generated:
        """Return a draft of a mail to a contact; raises `CRMError`."""
        material = await self._material(who, Subject.CONTACT, contact)
        entry = Entry("contact.reply_drafted", Subject.CONTACT, contact)
        return await self._written(who, reply(material, instructions), entry)

    async def _material(self, who: Principal, subject: Subject, record: UUID) -> Material:
        demand(who, Right(Resource(subject), Verb.READ))
        return await self.bring(who, subject, record)

    async def _written(self, who: Principal, prompt: Prompt, entry: Entry) -> Generated:
        if self.model is None:
            raise SystemFaultError("This installation has no model to ask.", code=Code.SYS_AI_UNAVAILABLE)

        async def note(connection: Any) -> None:
            await record_of(connection, who, entry)

        # Before it leaves the house: who sent what a model was told.
        await self.database.run(note, who.scope)
        return await self.model.write(prompt)
