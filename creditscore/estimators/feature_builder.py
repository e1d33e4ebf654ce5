"""Features as a step of a scikit-learn pipeline: applications in, one row of features an application out."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from sklearn.base import BaseEstimator, TransformerMixin

from creditscore.errors import InputError, SchemaError
from creditscore.events.load import load_events
from creditscore.events.schema import Events
from creditscore.events.store import Store
from creditscore.features.allowed import allowed_by
from creditscore.features.build import matrix_of
from creditscore.features.catalogue import CATALOGUE
from creditscore.features.formula import check_features
from creditscore.features.plan import Plan, make_plan
from creditscore.governance.gate import govern_whole
from creditscore.governance.retention import CHINA
from creditscore.governance.rules import rules_with

Floats = npt.NDArray[np.float64]


class FeatureBuilder(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Features of applications from the events of their borrowers, as `build_features` makes them.

    X is applications: a frame (Arrow, pandas, Polars) or a list of dicts with borrower_id and as_of, and with the
    columns of the application that features read, in units. Give `events.applications` as it is (scikit-learn takes its
    rows from 1.7 on): made into pandas or dicts, it would no longer say that its money is in cents.

    Parameters
    ----------
    events
        `Events`, or a `Store`. A clone has the same ones, not a copy: they never change.
    features
        Definitions in any nesting; the whole catalogue by default.
    threads
        How many to use; by default as many as there are cores.
    memory_limit
        Of a store, how much memory it may take, as "4GiB".
    categories
        The classes of words that the shipped table of categories does not have, as {"gadgets": "ordinary"}.
    consents
        Consent records (`Consents`, or what `load_consents` takes): each row is made of what its borrower's allow at
        its as_of. By default of all events; on what basis is for whoever builds them to know.
    purpose, recipient
        What the consents must be for, and to whom it may be told; both are needed with them.

    Nothing is learnt from X, so a builder need not be fitted.
    """

    def __init__(
        self,
        events: Events | Store,
        features: Any = None,
        *,
        threads: int | None = None,
        memory_limit: Any = None,
        categories: Mapping[str, str] | None = None,
        consents: Any = None,
        purpose: str | None = None,
        recipient: str | None = None,
    ) -> None:
        self.events = events
        self.features = features
        self.threads = threads
        self.memory_limit = memory_limit
        self.categories = categories
        self.consents = consents
        self.purpose = purpose
        self.recipient = recipient

    def fit(self, X: Any, y: Any = None) -> FeatureBuilder:  # noqa: ARG002
        """Check definitions and events. Raises FeatureError where the first are wrong, InputError where not events."""
        self._plan()
        self._check_events()
        return self

    def transform(self, X: Any) -> Floats:
        """The features of each application, float64[applications, features], missing NaN, in the order of X.

        Raises GovernanceError for categories that nobody classed, SchemaError where X lacks a column, and
        QuarantineError where a row of it is bad: none is left out.
        """
        self._check_events()
        plan, rules = self._plan(), rules_with(self.categories)
        check_features(plan.features, rules.categories)
        events, _ = govern_whole(self.events, rules)
        rows = _applications(X)
        allowed = allowed_by(self.consents, rows, self.purpose, self.recipient, rules.categories)
        return matrix_of(plan, events, rows, allowed=allowed, threads=self.threads, memory_limit=self.memory_limit)

    def get_feature_names_out(self, input_features: Any = None) -> npt.NDArray[np.object_]:  # noqa: ARG002
        """The names of the features, in the order of the columns."""
        return np.array(self._plan().names, dtype=object)

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.requires_fit = False
        tags.input_tags.two_d_array = False
        tags.input_tags.dict = True
        tags.input_tags.string = True
        return tags

    def __sklearn_clone__(self) -> FeatureBuilder:
        """A builder of the same events and definitions: scikit-learn would copy every event for each fold."""
        made = type(self)(**self.get_params(deep=False))
        # what set_output() and metadata routing keep beside the parameters
        for name in vars(self).keys() - vars(made).keys():
            setattr(made, name, copy.deepcopy(getattr(self, name)))
        return made

    def _check_events(self) -> None:
        if not isinstance(self.events, (Events, Store)):
            raise InputError(
                f"events: expected Events or a Store, got {type(self.events).__name__}; read them by load_events(), or "
                f"open_store()"
            )

    def _plan(self) -> Plan:
        return make_plan(CATALOGUE if self.features is None else self.features, CHINA)


def _applications(X: Any) -> pa.Table:
    """X in the contract's form, row for row: named by number, so that an application drawn twice is there twice."""
    return load_events(applications=_numbered(X), quarantine_limit=0).applications


def _numbered(X: Any) -> Any:
    if isinstance(X, Sequence) and all(isinstance(row, Mapping) for row in X):
        return [{**row, "application_id": i} for i, row in enumerate(X)]
    if not hasattr(X, "__arrow_c_stream__"):
        raise InputError(
            f"X: expected applications as a frame (Arrow, pandas, Polars) or a list of dicts, got {type(X).__name__}; "
            f"give borrower_id and as_of of each"
        )
    table = _table(X)
    numbers = pa.array(np.arange(table.num_rows))
    at = table.schema.get_field_index("application_id")
    return table.append_column("application_id", numbers) if at < 0 else table.set_column(at, "application_id", numbers)


def _table(X: Any) -> pa.Table:
    try:
        return X if isinstance(X, pa.Table) else pa.table(X)
    except (TypeError, ValueError, pa.ArrowException) as error:
        raise SchemaError(
            f"X: cannot be read as an Arrow table ({type(error).__name__}); give every column one type"
        ) from None
