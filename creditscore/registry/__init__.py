"""MLflow: a run for each training, its scorecard as a version of a model, and who made which version champion."""

import os

from creditscore.errors import MissingExtraError

# MLflow reads these when it is imported: no usage reports to anybody, no progress bars, no addresses on the terminal.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("DO_NOT_TRACK", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")

try:
    import mlflow  # noqa: F401  nothing here works without
except ImportError as error:
    raise MissingExtraError("the registry needs MLflow; install it with: pip install 'creditscore[train]'") from error

from creditscore.registry.audit_trail import History, Promotion, history
from creditscore.registry.figures import figures_of
from creditscore.registry.fingerprint import Fingerprint, environment, fingerprints
from creditscore.registry.promotion import promote
from creditscore.registry.run import RunInfo, log_run
from creditscore.registry.trials import log_trials

__all__ = [
    "Fingerprint",
    "History",
    "Promotion",
    "RunInfo",
    "environment",
    "figures_of",
    "fingerprints",
    "history",
    "log_run",
    "log_trials",
    "promote",
]
