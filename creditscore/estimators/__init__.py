"""scikit-learn's contract around the library: features and a model for pipelines, cross-validation and searches.

Needs the extra `train`.
"""

from creditscore.extras import require_train

require_train("creditscore.estimators")

from creditscore.estimators.credit_model import CreditModel  # noqa: E402
from creditscore.estimators.feature_builder import FeatureBuilder  # noqa: E402

__all__ = ["CreditModel", "FeatureBuilder"]
