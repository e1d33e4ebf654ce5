"""A scorecard as an MLflow model, from code: MLflow copies this file beside the `.scorecard`; nothing is pickled."""

from __future__ import annotations

import os
import warnings
from typing import Any

import pandas as pd

from creditscore.scorecard import load
from creditscore.scoring.score import score_features

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # about MLflow's own type hints, at its import
    import mlflow
    from mlflow.pyfunc.model import PythonModel, PythonModelContext

# Where a table does not fit, MLflow would print its rows, which are people's, in the error.
os.environ.setdefault("MLFLOW_DISABLE_SCHEMA_DETAILS", "true")


class ScorecardModel(PythonModel):
    """Points, PD, grade and reasons for a table of features."""

    def load_context(self, context: PythonModelContext) -> None:
        """Load and verify the scorecard."""
        self.card = load(context.artifacts["scorecard"])

    def predict(
        self,
        context: PythonModelContext,  # noqa: ARG002  MLflow passes it by name
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> pd.DataFrame:
        """One row an application, in and out; columns are matched by name."""
        scored: pd.DataFrame = score_features(self.card, model_input)
        return scored


mlflow.models.set_model(ScorecardModel())
