"""What a contact is. No I/O, no clock."""

from typing import Final
from uuid import UUID

from hastecrm.core.policy import Resource
from hastecrm.core.records.kind import Field, Kind, Target, Type

DEFAULT_WORKSPACE: Final = UUID("00000000-0000-7000-8000-000000000001")
STATUSES: Final = ("active", "inactive", "archived")
_COMPANY: Final = Target("company", "companies")
_ID: Final = "01a20dc5-be5d-7a3c-9fd7-e61cb3b322c8"

CONTACT: Final = Kind(
    "contact",
    "contacts",
    Resource.CONTACT,
    "A person that the workspace knows.",
    [
        Field("first_name", Type.TEXT, "The first name.", "Ada", required=True, length=100),
        Field("last_name", Type.TEXT, "The last name.", "Lovelace", nullable=False, default="", length=100),
        Field("email", Type.EMAIL, "The address of one contact.", "ada@example.com", length=254),
        Field("phone", Type.PHONE, "The telephone number.", "+43 1 234567", length=40),
        Field("title", Type.TEXT, "What they are at work.", "Head of Sales", length=100),
        Field("company", Type.TEXT, "Where they work, in words.", "Alpenblick Foods", length=200),
        Field("company_id", Type.REFERENCE, "Where they work.", _ID, refers_to=_COMPANY),
        Field("status", Type.ENUM, "Where you stand with them.", "active", nullable=False, default="active",
              choices=STATUSES),
        Field("source", Type.TEXT, "Where they came from.", "referral", length=60),
        Field("city", Type.TEXT, "The town.", "London", length=100),
        Field("country", Type.TEXT, "The country.", "United Kingdom", length=100),
        Field("score", Type.NUMBER, "How promising they are.", 70, nullable=False, default=0, writable=False),
        Field("last_activity_at", Type.DATETIME, "When something was last done.", "2026-11-27T09:30:00Z",
              writable=False),
    ],
    {"contacts_email_unique": "email"},
    sortable=("created_at", "updated_at", "last_name", "last_activity_at"),
)  # fmt: skip
