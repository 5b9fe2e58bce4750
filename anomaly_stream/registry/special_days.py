"""``holidays`` of a config: the public holidays of a country, and further dates."""

from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator
from pydantic_core.core_schema import ValidationInfo

from anomaly_stream.model.config import SpecialDays
from anomaly_stream.registry.civil import EPOCH, LAST_YEAR, countries, day_number, subdivisions
from anomaly_stream.registry.faults import close_to, did_you_mean

_MOST_DAYS = 366
_MOST_DATES = 1000


def _parse_dates(value: object) -> tuple[tuple[int, int], ...]:
    """Ranges of day numbers from ``[2026-12-24, 2026-12-27/2026-12-31]``; reports all faults at once."""
    if not isinstance(value, list | tuple):
        raise ValueError(
            "must be a list of dates such as 2026-12-24, or of ranges such as 2026-12-27/2026-12-31"
        )
    if len(value) > _MOST_DATES:
        raise ValueError(f"must be at most {_MOST_DATES} dates and ranges")
    ranges, faults = [], []
    for written in value:
        try:
            ranges.append(_parse_range(written))
        except ValueError as error:
            faults.append(str(error))
    if faults:
        raise ValueError(", ".join(faults))
    return tuple(sorted(ranges))


def _parse_range(written: object) -> tuple[int, int]:
    first, _, last = str(written).partition("/")
    try:
        days = [date.fromisoformat(day.strip()) for day in (first, last or first)]
    except ValueError:
        raise ValueError(f"{str(written)!r} is not a date such as 2026-12-24") from None
    if not all(EPOCH <= day < date(LAST_YEAR, 1, 1) for day in days):
        raise ValueError(f"{str(written)!r} is not from {EPOCH.year} to {LAST_YEAR - 1}")
    numbers = [day_number(day) for day in days]
    if not 0 <= numbers[1] - numbers[0] < _MOST_DAYS:
        raise ValueError(f"{str(written)!r} is not a range of 1 to {_MOST_DAYS} days")
    return numbers[0], numbers[1]


class HolidaysDocument(BaseModel):
    """Days that differ from other days of the same weekday, in the config's `timezone`."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    country: str = Field(
        default="", description="Country whose public holidays apply (ISO 3166-1 code, such as `DE`)."
    )
    subdivision: str = Field(default="", description="State or province of the country (such as `BY`).")
    dates: Annotated[
        tuple[tuple[int, int], ...], BeforeValidator(_parse_dates, json_schema_input_type=list[str])
    ] = Field(
        default=(),
        json_schema_extra={"default": []},
        description="Further days (`2026-12-24`) and ranges of days (`2026-12-27/2026-12-31`).",
    )
    treat: Literal["own_profile", "skip"] = Field(
        default="own_profile",
        description="`own_profile`: these days have a profile of their own. `skip`: they are neither scored "
        "nor learned.",
    )

    @field_validator("country")
    @classmethod
    def _known_country(cls, country: str) -> str:
        if country and country not in countries():
            raise ValueError(
                f"{country!r} is not a country with known holidays{close_to(country.upper(), countries())}"
            )
        return country

    @field_validator("subdivision")
    @classmethod
    def _known_subdivision(cls, subdivision: str, info: ValidationInfo) -> str:
        country = info.data.get("country")
        if not subdivision or country is None:
            return subdivision
        if not country:
            raise ValueError("requires a country")
        known = subdivisions(country)
        if subdivision not in known:
            raise ValueError(
                f"{subdivision!r} is not a subdivision of {country}{did_you_mean(subdivision, known)}"
            )
        return subdivision

    def special_days(self) -> SpecialDays:
        """The days in plain units."""
        return SpecialDays(self.country, self.subdivision, self.dates, self.treat == "skip")


Holidays = Annotated[
    HolidaysDocument | None,
    Field(
        description="Days that differ from other days of the same weekday: `country`, `subdivision`, `dates` "
        "(`2026-12-24`, `2026-12-27/2026-12-31`) and `treat` (`own_profile`, or `skip`: neither scored nor "
        "learned). Requires a `seasonality`.",
    ),
]
