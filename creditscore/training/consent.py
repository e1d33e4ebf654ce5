"""On what basis a training uses its data: consent records, or what the config states; silence is an error."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import pyarrow as pa

from creditscore.config import TrainConfig
from creditscore.errors import ConfigError, TrainingError
from creditscore.events.schema import EVENT_TABLES
from creditscore.features.allowed import Allowed
from creditscore.features.formula import Feature
from creditscore.governance.consent import Consents, granted
from creditscore.governance.sensitivity import Sensitivity, class_of_table


def allowed_of(config: TrainConfig, consents: Consents | None, applications: pa.Table) -> Allowed | None:
    """What each application's borrower allows; None where no consent records are kept, and the basis is stated.

    Raises TrainingError where the config has consent records that were not given.
    """
    if not config.rules.consent.records:
        return None
    if consents is None or not config.consent.purpose or not config.consent.recipient:
        raise TrainingError("the config has consent records under events.consents: give consents=read_consents(…)")
    grants = granted(consents, applications, config.consent.purpose, config.consent.recipient)
    return Allowed(grants, config.rules.categories)


def check_basis(config: TrainConfig, features: Sequence[Feature], tables: Collection[str]) -> None:
    """Raise ConfigError where what is used of these tables is beyond ordinary, and the config does not say why."""
    used = beyond_ordinary(features, tables)
    missing = [table for table in used if table not in config.consent.families]
    if config.rules.consent.records or not missing:
        return
    told = "; ".join(f"{table} ({', '.join(used[table])})" for table in missing)
    families = ", ".join(dict.fromkeys([*config.consent.families, *missing]))
    basis = config.consent.basis or "…"
    raise ConfigError(
        f"consent: the features use data beyond the ordinary, and the config does not say on what basis: {told}. Give "
        f"consent records under events.consents, leave those families out of features, or state the basis in words:\n"
        f'consent:\n  basis: "{basis}"\n  families: [{families}]'
    )


def beyond_ordinary(features: Sequence[Feature], tables: Collection[str]) -> dict[str, list[str]]:
    """What of each table is used beyond its ordinary part, in words: classes, and how many features are of each."""
    found: dict[str, list[str]] = {}
    for table in (name for name in EVENT_TABLES if name in tables):
        classes = [_class_in(feature, table) for feature in features if table in feature.tables]
        counted = {kind: classes.count(kind) for kind in sorted(set(classes)) if kind > Sensitivity.ORDINARY}
        if counted:
            found[table] = [f"{kind.label}: {count} features" for kind, count in counted.items()]
    return found


def _class_in(feature: Feature, table: str) -> Sensitivity:
    """The class of what a feature reads of a table; of several tables together that of the table itself."""
    return feature.sensitivity if feature.tables == (table,) else class_of_table(table)
