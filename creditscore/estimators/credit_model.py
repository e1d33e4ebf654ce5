"""A calibrated model as a scikit-learn classifier: monotone trees, Platt's calibration out of fold, points."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import version
from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from creditscore import __version__
from creditscore.errors import InputError
from creditscore.estimators.columns import arranged, defined, directed
from creditscore.estimators.rows import Rows, borrowers_of, classes_of, seed_of, weights_of
from creditscore.features.formula import Feature, Riskier
from creditscore.governance.rules import rules_with
from creditscore.model.calibrate import fit_calibration, out_of_fold
from creditscore.model.fit import FEWEST_BADS, default_params, fit_trees
from creditscore.model.presence import Presence
from creditscore.model.scale import MASTER_SCALE, Calibration, Scale, probability
from creditscore.model.trees import parse_model
from creditscore.reasons.codes import ABSENCE, CODES, ReasonCode, codes_of
from creditscore.scorecard import Scorecard
from creditscore.scorecard.card import ALL
from creditscore.scoring.conformance import make_vectors

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

SCALE = Scale(base_points=600, good_bad_odds=20, pdo=40, lowest=300, highest=900)


class CreditModel(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """PD and points from a matrix of features: LightGBM, monotone where told, calibrated on rows it has not seen.

    X is an array or a frame of numbers, float64[rows, features], missing NaN; a frame's columns are matched by name. Of
    the two classes the second in sorted order is bad.

    Parameters
    ----------
    features
        Definitions of the columns of X, in any nesting (as the catalogue): they give the directions of risk, and tell
        which data families a row lacks, so that calibration is shifted for those.
    riskier
        Instead of definitions, the direction of risk of some columns: {"late_payments": "higher", "income": "lower"},
        by number where X has no names.
    params
        LightGBM's settings by their main names, over the defaults for so many bads.
    scale
        The points; by default 600 at 20 goods for one bad, 40 to double the odds, from 300 to 900.
    calibrate
        Whether log-odds are calibrated (Platt, 1999) on margins out of fold, five more fits. Without it they are the
        trees' margin, which is what a comparison by AUC needs.
    fewest_bads
        Fewer bads than that, counted in rows, are refused.
    random_state
        The seed of the trees and the folds. The same seed and rows give the same model.

    Attributes
    ----------
    classes_, n_features_in_, feature_names_in_
        As everywhere in scikit-learn.
    model_, trees_
        The trees, as LightGBM's text and as arrays.
    calibration_, scale_
        `Calibration` and `Scale`, as a scorecard holds them.
    parameters_, seed_
        LightGBM's settings as used, where they are not always the same, and the seed.
    columns_, presence_
        What is known of each column of X, its definition or its direction of risk; and the data families told by them.

    >>> import pandas as pd
    >>> X = pd.DataFrame({"late": np.arange(400.0), "age": np.tile([30.0, 40.0], 200)})
    >>> model = CreditModel(riskier={"late": "higher"}).fit(X, np.where(X["late"] > 300, "lost", "kept"))
    >>> model.predict(pd.DataFrame({"age": [30.0, 30.0], "late": [10.0, 350.0]})).tolist()
    ['kept', 'lost']
    """

    def __init__(
        self,
        *,
        features: Any = None,
        riskier: Mapping[Any, Riskier] | None = None,
        params: Mapping[str, Any] | None = None,
        scale: Scale | None = None,
        calibrate: bool = True,
        fewest_bads: int = FEWEST_BADS,
        random_state: Any = 1,
    ) -> None:
        self.features = features
        self.riskier = riskier
        self.params = params
        self.scale = scale
        self.calibrate = calibrate
        self.fewest_bads = fewest_bads
        self.random_state = random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None, groups: Any = None) -> CreditModel:
        """Fit trees and calibration to outcomes `y` of two classes; `groups` are the borrowers of the rows.

        A borrower's rows are in one fold of the calibration; without groups each row is taken for another borrower.
        The loss of a row is multiplied by its `sample_weight`; rows that weigh nothing are left out.

        Raises TrainingError where the data cannot make a model, InputError where the directions do not fit X, and
        ValueError, as scikit-learn does, where X or y is not what it should be.
        """
        X, y = validate_data(self, arranged(X, None), y, dtype=np.float64, ensure_all_finite="allow-nan")
        self.columns_ = self._columns()
        self.classes_ = classes_of(y)
        outcome, weight = (y == self.classes_[-1]).astype(np.float64), weights_of(sample_weight, X)
        return self._fit(Rows(np.ascontiguousarray(X), outcome, weight, borrowers_of(groups, X)).weighing())

    def decision_function(self, X: Any) -> Floats:
        """Calibrated log-odds of bad, float64[rows]."""
        matrix = self._matrix(X)
        log_odds: Floats = self.calibration_(self.trees_.margin(matrix), self.presence_.absent(matrix))
        return log_odds

    def predict_proba(self, X: Any) -> Floats:
        """The probability of good and of bad (the PD), float64[rows, 2]."""
        bad = probability(self.decision_function(X))
        return np.column_stack([1 - bad, bad])

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """The class that is likelier; a lender's cut-off is another one, in points."""
        bad = self.decision_function(X) > 0
        classes: npt.NDArray[Any] = self.classes_[bad.astype(np.int64)]
        return classes

    def points(self, X: Any) -> Ints:
        """Points as given out: rounded, and within the scale's range; int64[rows].

        Unrounded they are `model.scale_.points(model.decision_function(X))`.
        """
        log_odds = self.decision_function(X)
        points: Ints = self.scale_.given(self.scale_.points(log_odds))
        return points

    def to_scorecard(
        self,
        X: Any,
        *,
        name: str,
        population: str,
        pd_horizon_months: int,
        codes: Mapping[str, ReasonCode] = CODES,
        facts: Mapping[str, Any] | None = None,
        categories: Mapping[str, str] | None = None,
    ) -> Scorecard:
        """A scorecard that gives the points of this model, its reasons compared with the applicants of X.

        Those without any history it does not score. `population` says in words who the applicants of X are; `facts` are
        more for the scorecard to carry, as plain JSON. `categories` are those that the features were built with: scores
        apply them too.

        Raises InputError for a model without `features` or calibration, FeatureError for a feature without a reason
        code of `codes`, and TrainingError for fewer than 20 applicants.
        """
        check_is_fitted(self)
        if not (self.calibrate and all(isinstance(column, Feature) for column in self.columns_)):
            raise InputError("to_scorecard: a scorecard needs a model made with features=…, and with calibrate=True")
        used = (*codes_of(self.columns_, codes), *ABSENCE.values())
        card = Scorecard(
            name=name,
            features=self.columns_,
            model=self.model_,
            calibration=self.calibration_,
            scale=self.scale_,
            grades=MASTER_SCALE,
            codes={code: codes[code] for code in used},
            facts={"population": population, "pd_horizon_months": pd_horizon_months, **self._facts(), **(facts or {})},
            rules=rules_with(categories),
        ).with_reference(ALL, population, self._matrix(X))
        return replace(card, vectors=make_vectors(card))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.classifier_tags.multi_class = False
        return tags

    def _columns(self) -> Any:
        """The columns of X, as the trees and the calibration know them."""
        if self.features is not None and self.riskier is not None:
            raise InputError("features and riskier: definitions have directions of their own; give one of the two")
        names = getattr(self, "feature_names_in_", None)
        if self.features is not None:
            return defined(self.n_features_in_, names, self.features)
        return directed(self.n_features_in_, names, self.riskier or {})

    def _fit(self, rows: Rows) -> CreditModel:
        self.seed_ = seed_of(self.random_state)
        self.scale_ = SCALE if self.scale is None else self.scale
        self.model_ = self._trees(rows, self.fewest_bads)
        self.trees_ = parse_model(self.model_)
        self.parameters_ = {**default_params(int(rows.outcome.sum())), **(self.params or {})}
        # no family can be told absent without definitions
        self.presence_ = Presence.of([column for column in self.columns_ if isinstance(column, Feature)])
        self.calibration_ = self._calibration(rows)
        return self

    def _trees(self, rows: Rows, fewest_bads: int) -> str:
        return fit_trees(
            rows.X,
            rows.outcome,
            self.columns_,
            params=self.params,
            seed=self.seed_,
            weight=rows.weight,
            fewest_bads=fewest_bads,
        )

    def _calibration(self, rows: Rows) -> Calibration:
        patterns = self.presence_.patterns
        if not self.calibrate:
            return Calibration(0.0, 1.0, (0.0,) * patterns)

        def fit_and_predict(train: Ints, test: Ints) -> Floats:
            return parse_model(self._trees(rows.of(train), fewest_bads=1)).margin(rows.X[test])

        margin = out_of_fold(fit_and_predict, rows.outcome, rows.borrowers, self.seed_)
        return fit_calibration(margin, rows.outcome, self.presence_.absent(rows.X), patterns, rows.weight)

    def _matrix(self, X: Any) -> Floats:
        check_is_fitted(self)
        X = arranged(X, getattr(self, "feature_names_in_", None))
        matrix: Floats = validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan", reset=False)
        return matrix

    def _facts(self) -> dict[str, Any]:
        libraries = {library: version(library) for library in ("lightgbm", "numpy", "scikit-learn")}
        return {
            "calibrated_on": "out-of-fold margins",
            "parameters": {**self.parameters_, "seed": self.seed_},
            "seed": self.seed_,
            "versions": {"creditscore": __version__, **libraries},
        }
