"""What a company is. No I/O, no clock."""

import re
from typing import Final

from hastecrm.core.policy import Resource
from hastecrm.core.records.kind import Field, Kind, Type

SIZES: Final = ("1-10", "11-50", "51-200", "201-500", "501-1000", "1001-5000", "5001+")
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+{_LABEL}")


def domain(value: str) -> str:
    """Return a domain as it is stored: in small letters, without `www.`; raises ValueError."""
    plain = value.lower().removeprefix("www.").rstrip(".")
    if not _DOMAIN.fullmatch(plain):
        raise ValueError("must be a domain such as example.com")
    return plain


COMPANY: Final = Kind(
    "company",
    "companies",
    Resource.COMPANY,
    "An organisation that the workspace knows.",
    [
        Field("name", Type.TEXT, "What it is called.", "Alpenblick Foods", required=True, length=200),
        Field("domain", Type.TEXT, "Its domain, of which there is one company.", "alpenblick.example",
              length=253, check=domain),
        Field("website", Type.URL, "Where it shows itself.", "https://www.alpenblick.example", length=500),
        Field("phone", Type.PHONE, "Its telephone number.", "+43 1 234567", length=40),
        Field("industry", Type.TEXT, "What it lives on.", "Food", length=100),
        Field("size", Type.ENUM, "How many people work there.", "51-200", choices=SIZES),
        Field("address", Type.TEXT, "Street and number.", "Getreidegasse 9", length=300),
        Field("postal_code", Type.TEXT, "The postal code.", "5020", length=20),
        Field("city", Type.TEXT, "The town.", "Salzburg", length=100),
        Field("region", Type.TEXT, "The state or province.", "Salzburg", length=100),
        Field("country", Type.TEXT, "The country.", "Austria", length=100),
        Field("description", Type.LONG_TEXT, "What else there is to say.", "Organic since 1987.",
              length=5_000),
    ],
    {"companies_domain_unique": "domain"},
    sortable=("created_at", "updated_at", "name"),
)  # fmt: skip
