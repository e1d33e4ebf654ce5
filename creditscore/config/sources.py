"""Where a platform's rows are, and how their names map onto the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from creditscore.config.period import Period
from creditscore.config.section import Section
from creditscore.events.address import has_secret, without_secrets
from creditscore.events.schema import CONTRACT


def _without_password(address: Any) -> Any:
    return without_secrets(address) if isinstance(address, str) and has_secret(address) else address


def _no_password(address: str) -> str:
    if has_secret(address):
        raise ValueError(
            "a password or key in the address; set it in the environment instead, as PGPASSWORD, PGPASSFILE or "
            "AWS_SECRET_ACCESS_KEY, or name a variable there, as ${NAME}"
        )
    return address


# The one before runs first, so that the other's error, which quotes what it was given, holds no password.
Address = Annotated[str, AfterValidator(_no_password), BeforeValidator(_without_password)]


class SourceConfig(Section):
    """One platform's rows for one table, and how their names map onto the contract (docs/sources.md).

    They are in `files` (a file, a folder, a pattern, an object store's URL), or in the `table` of a `database`
    (`postgresql://user@host/db`, or a DuckDB file), only those of the `period` if there is one. `columns` maps a
    contract's column to the source's, or to several whose texts are joined by " | "; `values` maps a source's values to
    the contract's, column by column; `constants` fill columns that the source lacks.
    """

    files: Address | None = None
    database: Address | None = None
    table: str | None = None
    platform: str | None = None
    timezone: str | None = None
    time_format: str | None = None
    period: Period | None = None
    columns: dict[str, str | list[str]] = {}
    values: dict[str, dict[str, str | int | None]] = {}
    constants: dict[str, str | int | float] = {}

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.files is None) == (self.database is None):
            raise ValueError("a source has either files: … or database: … and table: …; give one of the two")
        if (self.database is None) != (self.table is None):
            raise ValueError("database and table go together: database: postgresql://user@host/db, table: schema.name")
        return self


class EventsConfig(Section):
    """Where the histories are: `folder` is relative to the config file, `${NAME}` in it read from the environment."""

    folder: str = "."
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]
    quarantine_limit: Annotated[float, Field(ge=0, le=1)] = 0.01
    transactions: list[SourceConfig] = []
    trips: list[SourceConfig] = []
    obligations: list[SourceConfig] = []
    applications: list[SourceConfig]
    consents: list[SourceConfig] = []

    def tables(self) -> Mapping[str, list[SourceConfig]]:
        return {name: getattr(self, name) for name in CONTRACT}
