"""What a model is made from: features of every application in a sample."""

from __future__ import annotations

import importlib
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from creditscore.config import TrainConfig
from creditscore.errors import ConfigError, TrainingError
from creditscore.events.schema import EVENT_TABLES, Events
from creditscore.events.store import Store
from creditscore.features.allowed import Allowed
from creditscore.features.build import matrix_of, write_matrix
from creditscore.features.catalogue import FAMILIES
from creditscore.features.columns import DAY
from creditscore.features.define import flatten
from creditscore.features.formula import Feature, check_features
from creditscore.features.groups import bytes_of
from creditscore.features.matrix_file import Matrix, MatrixFile, blocks_of
from creditscore.features.plan import make_plan
from creditscore.features.protected import refuse_protected
from creditscore.governance.consent import Consents
from creditscore.governance.gate import LeftOut, govern_whole
from creditscore.governance.notice import NONE, Notice, notice_of
from creditscore.model.outcome import (
    NOT_OVER,
    OutcomeDefinition,
    Outcomes,
    add_months,
    outcomes_in,
)
from creditscore.model.outcome_by_bucket import outcomes_from
from creditscore.model.split import UNUSED, split_samples
from creditscore.reasons.codes import ReasonCode, codes_of, with_own
from creditscore.training.consent import allowed_of, check_basis

Floats = npt.NDArray[np.float64]

# A matrix may take one part in so many of the memory limit: fitting needs some copies of it.
_SHARE = 6
_ENOUGH_ROWS = 10_000


@dataclass(frozen=True)
class Prepared:
    """What a model is made from: features of every application in a sample, row for row with `applications`.

    `outcome` is 0 good, 1 bad, NaN neither; `outcome_kind`, one of `model.outcome.KINDS`, says why; `known_at` is when
    the outcome was known, the end of its performance window (datetime64[us], UTC; NaT where a column gives outcomes).
    `obligations_until` is the last instant at which anything is known of the obligations that made them, else NaT.
    `left_out` names the features that are missing throughout the train sample: no model could use them.
    `rows_left_out` counts the events that may not be used, `notice` the negative obligations and those of which nobody
    says when their subject was told. `allowed` is what each borrower's consent records allow; None where none are kept.
    """

    applications: pa.Table
    features: tuple[Feature, ...]
    matrix: Matrix
    outcome: Floats
    outcome_kind: npt.NDArray[np.str_]
    known_at: npt.NDArray[np.datetime64]
    obligations_until: np.datetime64
    samples: npt.NDArray[np.str_]
    borrowers: npt.NDArray[np.int64]
    left_out: tuple[str, ...] = ()
    rows_left_out: tuple[LeftOut, ...] = ()
    notice: Notice = NONE
    allowed: Allowed | None = None

    def known(self, *names: str) -> npt.NDArray[np.int64]:
        """The rows of those samples whose outcome is good or bad."""
        return np.flatnonzero(np.isin(self.samples, names) & ~np.isnan(self.outcome))


def chosen_features(config: TrainConfig) -> tuple[Feature, ...]:
    """The families of the catalogue that the config names, and the features of the agency's own modules."""
    families = [FAMILIES[name] for name in config.features.families]
    features = _without(config, flatten([*families, *(_features_in(module) for module in config.features.modules)]))
    refuse_protected(features, protected_in(config))
    unknown = sorted(set(config.reasons.features) - {feature.name for feature in features})
    if unknown:
        raise ConfigError(f"reasons.features: there is no feature '{unknown[0]}'; see python -m creditscore features")
    given = config.reasons.features
    return tuple(replace(feature, reason=given.get(feature.name, feature.reason)) for feature in features)


def _without(config: TrainConfig, features: tuple[Feature, ...]) -> tuple[Feature, ...]:
    """The features but those that the config leaves out by name."""
    left_out = config.features.without
    unknown = sorted(set(left_out) - {feature.name for feature in features})
    if unknown:
        raise ConfigError(f"features.without: there is no feature '{unknown[0]}'; see python -m creditscore features")
    return tuple(feature for feature in features if feature.name not in set(left_out))


def protected_in(config: TrainConfig) -> list[str]:
    """The columns of the applications that no feature may read."""
    return config.fairness.attributes if config.fairness else []


def known_codes(config: TrainConfig) -> dict[str, ReasonCode]:
    """The catalogue's reason codes and the config's own."""
    return with_own(ReasonCode(code, **words.model_dump()) for code, words in config.reasons.codes.items())


def prepare(
    config: TrainConfig,
    events: Events | Store,
    features: tuple[Feature, ...],
    scratch: Path | None = None,
    consents: Consents | None = None,
) -> Prepared:
    """Build the features and outcomes of all applications that fall in a sample.

    Features are made of what `consents` allow at each as_of, where the config has consent records; outcomes, which are
    no features, of all obligations.

    Where the config's `memory_limit` leaves too little room for them, features are kept in a file in the folder
    `scratch`, which must stay as long as they are used; without one they are in memory all the same.

    Events of prohibited categories are left out before that, and counted. Raises GovernanceError for categories, of
    events or in a feature's filter, that nobody classed; TrainingError where no applicant has a history, or the
    config's `outcome` does not fit the data; FeatureError where a feature reads an attribute that the config declares
    protected; ConfigError where more than ordinary data are used and the config does not say on what basis.
    """
    refuse_protected(features, protected_in(config))
    rules = config.rules
    check_features(features, rules.categories)
    codes_of(features, known_codes(config))
    applications = events.applications
    if applications is None or not any(events.rows.get(name) for name in EVENT_TABLES):
        raise TrainingError(
            "training needs applications and at least one table of events: name their files under events"
        )
    check_basis(config, features, [name for name in EVENT_TABLES if events.rows.get(name)])
    events, tally = govern_whole(events, rules)
    samples = split_samples(applications, periods(config))
    used = samples != UNUSED
    rows = applications.filter(pa.array(used))
    outcomes = _outcomes(config, events, applications, rows)
    allowed = allowed_of(config, consents, rows)
    matrix = _matrix(config, events, features, rows, allowed, scratch)
    _check_history(features, matrix)
    present = _present(matrix, np.flatnonzero(samples[used] == "train"))
    kept = tuple(feature for feature, is_present in zip(features, present, strict=True) if is_present)
    return Prepared(
        applications=rows,
        features=kept,
        matrix=with_columns(matrix, present),
        outcome=outcomes.outcome,
        outcome_kind=outcomes.kind,
        known_at=outcomes.known_at,
        obligations_until=outcomes.last_known,
        samples=samples[used],
        # numbered by appearance, whatever dictionary they came with, as folds are drawn by them
        borrowers=pd.factorize(rows["borrower_id"].combine_chunks().dictionary_encode().indices.to_numpy())[0],
        left_out=tuple(feature.name for feature in features if feature not in set(kept)),
        rows_left_out=tally.left_out(),
        notice=_notice(events, applications),
        allowed=allowed,
    )


def _notice(events: Events | Store, applications: pa.Table) -> Notice:
    """Of the obligations known: those negative by the last application, and those without notice."""
    until = applications["as_of"].combine_chunks().to_numpy(zero_copy_only=False).max()
    if isinstance(events, Events):
        return notice_of(events.obligations, until)
    alone, buckets = events.only(["obligations"]), events.facts.buckets
    return sum((notice_of(alone.group(i, buckets).obligations, until) for i in range(buckets)), NONE)


def _matrix(
    config: TrainConfig,
    events: Events | Store,
    features: tuple[Feature, ...],
    rows: pa.Table,
    allowed: Allowed | None,
    scratch: Path | None,
) -> Matrix:
    plan, limit = make_plan(features, config.rules.retention), config.memory_limit
    large = limit is not None and 8 * rows.num_rows * len(features) > bytes_of(limit) / _SHARE
    if large and scratch is not None and isinstance(events, Store):
        return write_matrix(plan, events, rows, scratch / "features", limit, allowed)
    return matrix_of(plan, events, rows, allowed=allowed, memory_limit=limit)


def _present(matrix: Matrix, rows: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """The features that any of these rows has."""
    found = np.zeros(matrix.shape[1], np.bool_)
    for _, block in blocks_of(matrix, rows):
        found |= ~np.isnan(block).all(axis=0)
    return found


def with_columns(matrix: Matrix, kept: npt.NDArray[np.bool_]) -> Matrix:
    """The matrix with some columns only."""
    if isinstance(matrix, MatrixFile):
        return matrix.only(np.flatnonzero(kept))
    return np.ascontiguousarray(matrix[:, kept])


def periods(config: TrainConfig) -> dict[str, Any]:
    """The samples' first days, and the days after their last."""
    samples = config.samples
    given = {"train": samples.train, "calibrate": samples.calibrate, "test": samples.test}
    return {name: (period.start, period.until) for name, period in given.items() if period is not None}


def _outcomes(config: TrainConfig, events: Events | Store, applications: pa.Table, rows: pa.Table) -> Outcomes:
    """The outcomes of these rows of the applications: made from obligations where the config defines them."""
    asked = config.outcome
    has_column = applications["outcome"].null_count < applications.num_rows
    if asked is None or (asked.prefer == "column" and has_column):
        return outcomes_in(rows)
    if has_column and asked.prefer is None:
        raise TrainingError(
            "outcome: the config defines outcomes, and the applications have an 'outcome' column too; say which holds "
            "by outcome.prefer: definition (or column), or take one of them away"
        )
    if not events.rows.get("obligations"):
        raise TrainingError("outcome: made from obligations, and there are none: name their files under events")
    definition = OutcomeDefinition(**asked.model_dump(exclude={"prefer"}))
    found = outcomes_from(definition, events, rows)
    _check_obligations(definition, found)
    return found


def _check_obligations(definition: OutcomeDefinition, found: Outcomes) -> None:
    """Outcomes that are good for want of data would be worse than none."""
    until = definition.observed_until
    if not found.with_obligations:
        raise TrainingError(
            "outcome: no obligation belongs to any application of a sample: map the obligations' application_id under "
            "columns, and check that borrower ids agree and that recorded_at is not after outcome.observed_until"
        )
    if found.known_before:
        raise TrainingError(
            f"outcome: {found.known_before:,} obligations were known before the as_of of their own application, so "
            f"features would see the loan that is decided on: give as their time when it was granted"
        )
    # no loan's window ends later than that, so an earlier date loses nothing
    latest = add_months(found.last_known.astype(np.int64).reshape(1), definition.months)
    if latest[0] + DAY < definition.until:
        raise TrainingError(
            f"outcome.observed_until ({until}) is more than {definition.months} months after the last thing known of "
            f"obligations ({found.last_known.astype('datetime64[D]')}); give the day until which they are complete"
        )
    if (found.kind == NOT_OVER).all():
        raise TrainingError(
            f"outcome: no application's {definition.months} months are over at outcome.observed_until ({until}): use "
            f"older samples, or fewer months"
        )


def _features_in(module: str) -> list[Feature]:
    """A module's public features; modules beside the place where the command runs are found too."""
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        content = vars(importlib.import_module(module))
    except ImportError as error:
        raise ConfigError(
            f"features.modules: cannot import '{module}' ({error}); install it, or run beside it"
        ) from None
    public = [value for name, value in content.items() if not name.startswith("_")]
    found = [f for value in public if isinstance(value, (tuple, list)) for f in value if isinstance(f, Feature)]
    if not found:
        raise ConfigError(f"features.modules: '{module}' defines no features; give them as module-level names")
    return list(dict.fromkeys(found))


def _check_history(features: tuple[Feature, ...], matrix: Matrix) -> None:
    history = [i for i, feature in enumerate(features) if feature.tables != ("applications",)]
    if history and all(np.isnan(block[:, history]).all() for _, block in blocks_of(matrix)):
        raise TrainingError(
            "no borrower has an event before any application: check that borrower ids agree between the files, and "
            "that times and time zones are right"
        )


def example_of(prepared: Prepared) -> pd.DataFrame:
    """Two rows as an input example: medians and quartiles of the train sample (its first rows), nobody's own."""
    train = prepared.matrix[np.flatnonzero(prepared.samples == "train")[:_ENOUGH_ROWS]]
    rows = np.nanquantile(train, [0.5, 0.75], axis=0)
    return pd.DataFrame(rows, columns=[feature.name for feature in prepared.features])
