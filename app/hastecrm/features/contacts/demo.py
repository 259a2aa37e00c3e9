"""Invented contacts to look at: the same ones every time. No I/O here but the one COPY at the end."""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from hastecrm.core.identifiers import uuid7
from hastecrm.features.contacts.domain import DEFAULT_WORKSPACE

_SEED = 20_260_101
_SPACING = timedelta(minutes=97)


def _list(text: str) -> list[str]:
    return [" ".join(part.split()) for part in text.split(",")]


_FIRST = _list("""
    Ada, Amara, Anna, Bashir, Bruno, Carla, Chen, Daria, Diego, Elif, Emil, Fatima, Felix, Grace, Hana,
    Hugo, Ines, Ivan, Jonas, Julia, Kofi, Lea, Leon, Lina, Luca, Maja, Marco, Mei, Mila, Nadia, Noah,
    Nora, Olga, Omar, Paul, Priya, Rafael, Rosa, Samir, Sara, Sofia, Theo, Tomás, Uma, Viktor, Wanda,
    Yara, Yusuf, Zoe, Zuri""")
_LAST = _list("""
    Abebe, Adler, Almeida, Andersen, Bauer, Becker, Bianchi, Castillo, Costa, Dubois, Eriksen, Fischer,
    Fuchs, Garcia, Gruber, Haas, Hoffmann, Horvat, Ito, Jansen, Kaya, Keller, Kim, Kovac, Lange, Lehner,
    Lopez, Maier, Marino, Mbeki, Moreau, Nguyen, Novak, Okafor, Patel, Petrov, Pichler, Rossi, Sato,
    Schmid, Silva, Steiner, Tanaka, Torres, Varga, Wagner, Weber, Winkler, Yilmaz, Zimmer""")
_COMPANIES = _list("""
    Alpenblick Foods, Baltic Freight, Blue Harbor Energy, Brightwell Clinics, Cedar & Stone, Danube
    Analytics, Elm Robotics, Fjord Textiles, Granite Legal, Horizon Optics, Juniper Schools, Kestrel
    Aviation, Linden Bank, Meridian Water, Northwind Print, Oakline Furniture, Pavone Motors, Quarry
    Software, Riverbend Media""")
_TITLES = _list("""
    Head of Sales, Buyer, Chief Executive, Office Manager, Procurement Lead, Engineer, Marketing
    Manager, Founder, Operations Director, Accountant""")
_NAMED = ("first_name", "last_name", "email", "phone", "title", "company")
_COPY_COLUMNS = ("workspace_id", "id", *_NAMED, "created_at", "updated_at")
_STAGE = "CREATE TEMPORARY TABLE demo_contacts (LIKE contacts INCLUDING DEFAULTS) ON COMMIT DROP"
_MERGE = "INSERT INTO contacts SELECT * FROM demo_contacts ON CONFLICT DO NOTHING"


def demo_contacts(number: int, now: datetime) -> Iterator[tuple[Any, ...]]:
    """Yield rows for `_COPY_COLUMNS`; a second call with the same number names the same people."""
    chance = random.Random(_SEED)  # noqa: S311 - invented names, not secrets
    for index in range(number):
        created = now - index * _SPACING
        yield (DEFAULT_WORKSPACE, _identity(index), *_person(chance, index), created, created)


async def store_demo(connection: Any, number: int, now: datetime) -> int:
    """Add the invented contacts that are not there yet; return how many were added."""
    await connection.execute(_STAGE)
    await connection.copy_records_to_table(
        "demo_contacts", records=demo_contacts(number, now), columns=_COPY_COLUMNS
    )
    status: str = await connection.execute(_MERGE)
    return int(status.rpartition(" ")[2])


def _person(chance: random.Random, index: int) -> tuple[str, str, str, str, str, str]:
    first, last, company = chance.choice(_FIRST), chance.choice(_LAST), chance.choice(_COMPANIES)
    address = f"{first}.{last}{index}@{company.split()[0]}.example".lower()
    email = address.replace("á", "a")
    phone = f"+43 1 {chance.randrange(100, 999)} {chance.randrange(1000, 9999)}"
    return first, last, email, phone, chance.choice(_TITLES), company


def _identity(index: int) -> UUID:
    return uuid7(1_700_000_000_000 + index, index.to_bytes(10, "big"))
