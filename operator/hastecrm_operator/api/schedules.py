"""When things happen: cron expressions, time zones, and windows in which disruption is allowed."""

import re
import zoneinfo
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, WithJsonSchema

from hastecrm_operator.api.lists import Distinct
from hastecrm_operator.api.model import Model, rule, rules
from hastecrm_operator.api.texts import text


def _cron_field(value: str) -> str:
    part = rf"(\*|{value}(-{value})?)(/[1-9][0-9]?)?"
    return rf"{part}(,{part})*"


_CRON: Final = " +".join(
    (
        _cron_field("[0-5]?[0-9]"),
        _cron_field("([01]?[0-9]|2[0-3])"),
        _cron_field("(0?[1-9]|[12][0-9]|3[01])"),
        _cron_field("(0?[1-9]|1[0-2]|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"),
        _cron_field("([0-7]|sun|mon|tue|wed|thu|fri|sat)"),
    )
)
_CRON_SENTENCE: Final = (
    "must be a cron expression of five fields (minute hour day month weekday), each in its range, "
    'like "0 2 * * *"'
)


def _cron(value: str) -> str:
    if len(value) > 100 or not re.fullmatch(_CRON, value.lower()):
        raise ValueError(f"{value!r} {_CRON_SENTENCE}")
    return value


_CRON_RULE: Final = rule(f"self.lowerAscii().matches('^{_CRON}$')".replace("\\", "\\\\"), _CRON_SENTENCE)
Cron = Annotated[
    str,
    AfterValidator(_cron),
    WithJsonSchema({"type": "string", "minLength": 9, "maxLength": 100, **rules(_CRON_RULE)}),
]
"""A cron expression of five fields."""

_ZONE_SENTENCE: Final = "must be a time zone of the IANA database, like Europe/Vienna or Etc/UTC"


def _zone(value: str) -> str:
    try:
        zoneinfo.ZoneInfo(value)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise ValueError(f"{value!r} {_ZONE_SENTENCE}") from exc
    return value


TimeZone = Annotated[
    str,
    AfterValidator(_zone),
    WithJsonSchema(
        {
            "type": "string",
            "minLength": 1,
            "maxLength": 64,
            "x-kubernetes-validations": [
                {
                    # Evaluating a time in an unknown zone is an error, which refuses the object as well.
                    "rule": "self.matches('^[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}$') && "
                    "self != 'Local' && timestamp('2026-01-01T00:00:00Z').getHours(self) >= 0",
                    "message": _ZONE_SENTENCE,
                }
            ],
        }
    ),
]
"""A time zone of the IANA database."""

Clock = Annotated[
    str, *text("([01][0-9]|2[0-3]):[0-5][0-9]", 5, 'must be a time of day from 00:00 to 23:59, like "02:00"')
]
"""A time of day."""

Day = Literal["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]


class MaintenanceWindow(Model):
    """A time of the week in which pods may be replaced."""

    days: Distinct[Day] = Field(
        min_length=1,
        max_length=7,
        description="Days on which it begins. Example: [Sat, Sun].",
    )
    start: Clock = Field(description='When it begins, as local time. Example: "02:00".')
    end: Clock = Field(
        description='When it ends, as local time; at or before start means on the next day. Example: "05:00".'
    )
    time_zone: TimeZone = Field("Etc/UTC", description="Time zone of start and end. Default: Etc/UTC.")
