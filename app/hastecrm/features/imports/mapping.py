"""Which column is which field: as told or, by the names that people give them, guessed. No I/O here."""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from hastecrm.core.bodies import wrong_value
from hastecrm.core.records.kind import Field, Kind, Type

_TAKEN: Final = frozenset(Type) - {Type.REFERENCE, Type.TEXTS}
_CUSTOM: Final = re.compile(r"custom\.[a-z][a-z0-9_]{0,39}")
# What the columns of other programs are called, in English, German, French and Spanish, by our field.
_ALSO: Final[Mapping[str, str]] = {
    "first_name": "given name|forename|vorname|prénom|prenom|nombre",
    "last_name": "surname|family name|nachname|familienname|nom|nom de famille|apellido|apellidos",
    "email": "e mail|mail|email address|e mail address|e mail 1 value|e mail adresse|courriel|adresse e mail|"
             "correo|correo electrónico|correo electronico",
    "phone": "telephone|phone number|phone 1 value|mobile|telefon|telefonnummer|handy|téléphone|teléfono|"
             "telefono|móvil",
    "title": "job title|position|role|stelle|funktion|poste|fonction|cargo|puesto",
    "company": "company name|organization|organisation|account|firma|unternehmen|entreprise|société|empresa",
    "name": "company|company name|account name|firma|unternehmen|entreprise|société|nom|empresa|nombre",
    "domain": "website domain|domäne|domaine|dominio",
    "website": "web|url|web site|homepage|webseite|internet|site web|sitio web|página web",
    "industry": "branche|sector|secteur|industria",
    "size": "employees|company size|größe|mitarbeiter|taille|effectif|tamaño|empleados",
    "address": "street|street address|straße|strasse|adresse|anschrift|rue|dirección|direccion|calle",
    "postal_code": "zip|zip code|postcode|plz|postleitzahl|code postal|código postal|codigo postal",
    "city": "town|stadt|ort|ville|ciudad",
    "region": "state|province|bundesland|région|provincia|región",
    "country": "land|pays|país|pais",
    "source": "lead source|quelle|origen|origine",
    "description": "notes|note|beschreibung|notiz|descripción|descripcion",
}  # fmt: skip


def fields_of(kind: Kind) -> Mapping[str, Field]:
    """Return the fields that a column can go to, by name; the workspace's own are `custom.key`."""
    return {field.name: field for field in kind.fields if field.writable and field.type in _TAKEN}


def mapped(kind: Kind, header: Sequence[str], told: Mapping[str, str] | None) -> Mapping[int, str]:
    """Return the field of each column that has one, by the column's place.

    Raises `InvalidInputError` for columns and fields that do not exist, for two columns of one field, and
    where a required field has none.
    """
    found = guessed(kind, header) if told is None else _told(kind, header, told)
    for field in fields_of(kind).values():
        if field.required and field.name not in found.values():
            raise wrong_value("/mapping", f"needs a column for {field.name}; there are: {_named(header)}")
    return found


def guessed(kind: Kind, header: Sequence[str]) -> Mapping[int, str]:
    """Return the field that each column seems to be; our own names go before other programs' ones."""
    found: dict[int, str] = {}
    for names in (_own, _others):
        for field in fields_of(kind):
            place = next((n for n, name in enumerate(header) if _plain(name) in names(field)), None)
            if place is not None and place not in found and field not in found.values():
                found[place] = field
    return dict(sorted(found.items()))


def placed(mapping: Sequence[str]) -> Mapping[int, str]:
    """Return the field of each column that has one, given those of all columns; "" is none."""
    return {place: name for place, name in enumerate(mapping) if name}


def check(kind: Kind, mapping: Sequence[str], *, is_whole: bool = True) -> None:
    """Raise `InvalidInputError` for fields that do not exist, or twice, or (`is_whole`) are missing."""
    named: list[str] = []
    for field in placed(mapping).values():
        _check_field(kind, field, named)
        named.append(field)
    missing = [each.name for each in fields_of(kind).values() if each.required and each.name not in named]
    if is_whole and missing:
        raise wrong_value("/mapping", f"needs a column for {missing[0]}")


def _told(kind: Kind, header: Sequence[str], told: Mapping[str, str]) -> Mapping[int, str]:
    found: dict[int, str] = {}
    for column, field in told.items():
        if column not in header:
            raise wrong_value("/mapping", f"names the column {column!r}; there are: {_named(header)}")
        _check_field(kind, field, found.values())
        found[header.index(column)] = field
    return found


def _check_field(kind: Kind, field: str, taken: Collection[str]) -> None:
    """Raise `InvalidInputError` for a field that a column cannot go to, or that has one already."""
    fields = fields_of(kind)
    if field not in fields and not (kind.custom and _CUSTOM.fullmatch(field)):
        known = ", ".join(fields)
        raise wrong_value("/mapping", f"names the field {field!r}; there are: {known}, custom.KEY")
    if field in taken:
        raise wrong_value("/mapping", f"names two columns for the field {field}")


def _named(header: Sequence[str]) -> str:
    return ", ".join(header[:20])


def _own(field: str) -> Sequence[str]:
    return [_plain(field)]


def _others(field: str) -> Sequence[str]:
    return _ALSO.get(field, "").split("|")


def _plain(name: str) -> str:
    return " ".join(re.split(r"[\W_]+", name.casefold())).strip().replace("strasse", "straße")
