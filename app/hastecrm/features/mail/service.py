"""What a principal can do with mail to contacts; knows no HTTP."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from hastecrm.core.authentication import demand
from hastecrm.core.codes import Code
from hastecrm.core.errors import BusinessError, SystemFaultError
from hastecrm.core.identifiers import uuid7
from hastecrm.core.identity import Principal
from hastecrm.core.jobs.queue import enqueue
from hastecrm.core.mail import Answered, Author, Letter, Outbox
from hastecrm.core.policy import Resource, Right, Verb
from hastecrm.core.records.changes import new_values
from hastecrm.core.records.kind import Record, Values
from hastecrm.core.records.repository import LockedRecords
from hastecrm.core.records.service import RecordService
from hastecrm.core.unit_of_work import Connections
from hastecrm.features.mail import repository
from hastecrm.features.mail.domain import Draft, Written, written
from hastecrm.features.mail.sending import KIND, MailToContact
from hastecrm.features.mail.vocabulary import Vocabulary, spoken

_KEPT: Final = 10_000  # characters of a mail that its activity shows
# What a mail tells of, and leaves behind, beside what the right to send says.
_READS: Final = (Right(Resource.CONTACT, Verb.READ), Right(Resource.COMPANY, Verb.READ))
_SENDS: Final = (*_READS, Right(Resource.ACTIVITY, Verb.CREATE))


@dataclass(frozen=True, slots=True)
class MailService:
    """Writes to contacts. `outbox` is None where the installation sends no mail."""

    templates: RecordService
    contacts: RecordService
    companies: RecordService
    activities: RecordService
    vocabulary: Vocabulary
    outbox: Outbox | None

    def within(self, unit: Connections) -> "MailService":
        """Return the same service, with its changes belonging to a unit of work."""
        return replace(
            self,
            templates=self.templates.within(unit),
            contacts=self.contacts.within(unit),
            companies=self.companies.within(unit),
            activities=self.activities.within(unit),
        )

    async def preview(self, who: Principal, template: UUID, contact: UUID) -> Written:
        """Return what a contact would get; raises `BusinessError` for what is not theirs to see."""
        _demand(who, _READS)
        draft = await self.templates.get(who, template)
        return await self._written(who, draft, await self.contacts.get(who, contact))

    async def send(self, who: Principal, contact: UUID, draft: Draft) -> Record:
        """Send a mail and return the activity that tells of it; raises `CRMError` where that cannot be."""
        _demand(who, _SENDS)
        person = await self.contacts.get(who, contact)
        mail = await self._written(who, await self._text(who, draft), person)
        if self.outbox is None:
            raise SystemFaultError("This installation cannot send mail.", code=Code.SYS_MAIL_UNAVAILABLE)
        if mail.to is None:
            detail = "This contact has no e-mail address: add one, then send it again."
            raise BusinessError(detail, code=Code.BIZ_CONFLICT)
        letter = Letter(
            mail.to,
            mail.subject,
            mail.text,
            html=mail.html,
            author=await self._author(who),
            answers=await self._answered(who, draft.answers) if draft.answers is not None else None,
        )
        return await self._post(who, letter, self.outbox, {"contact_id": contact, "deal_id": draft.deal})

    async def _post(self, who: Principal, letter: Letter, outbox: Outbox, about: Values) -> Record:
        told = {
            "title": letter.subject or "(no subject)",
            "type": "email",
            "description": letter.text[:_KEPT],
            "occurred_at": self.activities.clock(),
            "direction": "outgoing",
            "mail_status": "queued",
            "thread_id": letter.answers.thread if letter.answers is not None else None,
        }

        async def work(locked: LockedRecords) -> Record:
            activity = uuid7()
            stored = await locked.add(activity, new_values(self.activities.kind, who, {**told, **about}))
            waiting = MailToContact(activity=activity, **dict(outbox.waiting(letter)))
            await enqueue(locked.connection, KIND, waiting)
            return stored

        stored = await self.activities.records.locked(who, work)
        await self.activities.announce(who)
        return stored

    async def _answered(self, who: Principal, activity: UUID) -> Answered:
        demand(who, Right(Resource.ACTIVITY, Verb.READ))
        found = await self.activities.get(who, activity)
        if found["message_id"] is None:
            detail = "This activity is no mail that can be answered: name one that was received or sent."
            raise BusinessError(detail, code=Code.BIZ_CONFLICT)
        return Answered(found["message_id"], found["thread_id"] or found["message_id"])

    async def _text(self, who: Principal, draft: Draft) -> Values:
        if draft.template is not None:
            return await self.templates.get(who, draft.template)
        text = dict(draft.text or {})
        async with self.contacts.records.database.connection(who.scope) as connection:
            await self.vocabulary.check(connection, who, text)
        return text

    async def _written(self, who: Principal, draft: Values, person: Record) -> Written:
        values = {f"sender.{name}": value for name, value in vars_of(await self._author(who)).items()}
        values.update(spoken("contact", self.contacts.kind, person))
        if (company := person["company_id"]) is not None:
            values.update(await self._company(who, company))
        return written(draft, values, person["email"])

    async def _company(self, who: Principal, company: UUID) -> Mapping[str, str]:
        # One that they do not see says nothing.
        found = await self.companies.records.get(who.scope, company)
        return dict(spoken("company", self.companies.kind, found)) if found is not None else {}

    async def _author(self, who: Principal) -> Author | None:
        async with self.contacts.records.database.connection(who.scope) as connection:
            return await repository.author(connection, who.user)


def vars_of(author: Author | None) -> Mapping[str, Any]:
    """Return what a mail can say about its author."""
    return {"name": author.name, "email": author.address} if author is not None else {}


def _demand(who: Principal, rights: tuple[Right, ...]) -> None:
    for right in rights:
        demand(who, right)
