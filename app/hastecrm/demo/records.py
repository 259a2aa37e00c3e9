"""The rows of an invented CRM, as COPY reads them: a second call with the same world makes the same ones.

No I/O here. Values are written without quotes: no word of ours has a tab or a backslash in it.
"""

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from hastecrm.demo import words
from hastecrm.demo.rows import Stage, World, chance_of, created_at, identity, owner, row
from hastecrm.demo.timeline import last_activities, last_done
from hastecrm.demo.words import Vocabulary, ascii_of, company_name
from hastecrm.features.deals.positions import on_top

_BLOCK: Final = 5_000

CONTACTS: Final = (
    *("workspace_id", "id", "first_name", "last_name", "email", "phone", "title", "company", "company_id"),
    *("status", "source", "city", "country", "score", "last_activity_at", "tags", "owner_id", "created_at"),
    "updated_at",
)
COMPANIES: Final = (
    *("workspace_id", "id", "name", "domain", "phone", "industry", "size", "city", "country", "tags"),
    *("owner_id", "created_at", "updated_at"),
)
DEALS: Final = (
    *(
        "workspace_id",
        "id",
        "title",
        "value",
        "currency",
        "probability",
        "close_date",
        "status",
        "won_reason",
    ),
    *("lost_reason", "pipeline_id", "stage_id", "position", "stage_entered_at", "closed_at", "company_id"),
    *("owner_id", "created_at", "updated_at"),
)
DEAL_CONTACTS: Final = ("workspace_id", "deal_id", "contact_id", "is_primary", "created_at")


def contacts(world: World) -> Iterator[str]:
    """Yield people, the oldest first; the company that most work for is the first one."""
    chance, last, first = chance_of("contacts"), Vocabulary(words.LAST), Vocabulary(words.FIRST)
    last_of = last_activities(world)
    employers = Vocabulary(range(world.companies), flatness=20, exponent=0.7)  # type: ignore[arg-type]
    for start in range(0, world.contacts, _BLOCK):
        number = min(_BLOCK, world.contacts - start)
        drawn = (first.places(chance, number), last.places(chance, number), employers.places(chance, number))
        for index, fore, name, company in zip(range(start, start + number), *drawn, strict=True):
            seen = last_done(world, last_of[index])
            yield _contact(world, chance, index, (words.FIRST[fore], words.LAST[name], company, seen))


def _contact(
    world: World, chance: random.Random, index: int, who: tuple[str, str, int, datetime | None]
) -> str:
    first, last, company, seen = who
    called, _ = company_name(company)
    created = created_at(world, index, world.contacts)
    email = f"{ascii_of(first)}.{ascii_of(last).replace(chr(39), '')}{index}@{_domain(called)}"
    phone = f"+43 {chance.randrange(1, 800)} {chance.randrange(100, 999)} {chance.randrange(1000, 9999)}"
    return row(
        world.workspace,
        identity("contacts", index),
        first,
        last,
        email,
        phone,
        words.TITLES[int(len(words.TITLES) * chance.random() ** 1.5)],
        called,
        identity("companies", company),
        "active" if chance.random() < 0.85 else "inactive",
        words.SOURCES[int(5 * chance.random() ** 1.5)],
        words.CITIES[int(37 * chance.random() ** 2)],
        words.COUNTRIES[int(8 * chance.random() ** 2)],
        int(100 * chance.random() ** 2),
        seen,
        _tags(world, chance),
        owner(world, chance),
        created,
        seen or created,
    )


def companies(world: World) -> Iterator[str]:
    """Yield the companies that people work for."""
    chance = chance_of("companies")
    sizes = ("11-50", "51-200", "1-10", "201-500", "501-1000", "1001-5000", "5001+")
    for index in range(world.companies):
        name, industry = company_name(index)
        created = created_at(world, index, world.companies)
        yield row(
            world.workspace,
            identity("companies", index),
            name,
            _domain(name),
            f"+43 {chance.randrange(1, 800)} {chance.randrange(100, 999)}",
            industry,
            sizes[int(7 * chance.random() ** 2)],
            words.CITIES[int(37 * chance.random() ** 2)],
            words.COUNTRIES[int(8 * chance.random() ** 2)],
            _tags(world, chance),
            owner(world, chance),
            created,
            created,
        )


def deals(world: World) -> Iterator[str]:
    """Yield deals: most are early or closed, and few are worth a lot."""
    chance = chance_of("deals")
    for index in range(world.deals):
        yield _deal(world, chance, index)


def _deal(world: World, chance: random.Random, index: int) -> str:
    created = created_at(world, index, world.deals)
    stage, status = _outcome(world, chance)
    moved = created + (world.now - created) * chance.random()
    company = chance.randrange(world.companies)
    closed = moved if status != "open" else None
    reasons = (
        "Best offer" if status == "won" else None,
        "Too expensive" if status == "lost" else None,
    )
    return row(
        world.workspace,
        identity("deals", index),
        f"{company_name(company)[0]} {words.PRODUCTS[chance.randrange(14)]}",
        min(round(chance.lognormvariate(9, 1.1), 2), 9_999_999.0),
        ("EUR", "EUR", "EUR", "USD", "GBP")[chance.randrange(5)],
        {"won": 100, "lost": 0}.get(status, stage.probability),
        (moved + timedelta(days=chance.randrange(120))).date(),
        status,
        *reasons,
        stage.pipeline,
        stage.id,
        on_top(created, chance.getrandbits(32)),
        moved,
        closed,
        identity("companies", company),
        owner(world, chance),
        created,
        moved,
    )


def _outcome(world: World, chance: random.Random) -> tuple[Stage, str]:
    drawn, open_ones = chance.random(), [stage for stage in world.stages if not stage.is_won]
    won = [stage for stage in world.stages if stage.is_won]
    if drawn < 0.25 and won:
        return won[0], "won"
    stage = open_ones[int(len(open_ones) * chance.random() ** 1.6)]
    return stage, "lost" if drawn > 0.7 else "open"


def deal_contacts(world: World) -> Iterator[str]:
    """Yield the people of the deals; each deal has a primary one, and every other a second one."""
    chance = chance_of("deal_contacts")
    for index in range(world.deals):
        people = sorted({chance.randrange(world.contacts) for _ in range(1 + index % 2)})
        created = created_at(world, index, world.deals)
        for place, person in enumerate(people):
            deal, contact = identity("deals", index), identity("contacts", person)
            yield row(world.workspace, deal, contact, place == 0, created)


def _domain(company: str) -> str:
    return f"{company.replace(' ', '-').lower()}.example"


def _tags(world: World, chance: random.Random) -> str:
    if not world.tags or chance.random() > 0.15:
        return "{}"
    return f"{{{world.tags[int(len(world.tags) * chance.random() ** 2)]}}}"
