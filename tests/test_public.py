"""The public surface: what users may rely on, locked."""

import subprocess
import sys

import pytest

import creditscore
import creditscore.features
import creditscore.scoring

PUBLIC = [
    "Comparison", "Counterfactual", "CreditModel", "DatabaseTable", "Events", "FeatureBuilder", "Inquiry", "Reason",
    "Score", "Scorecard", "Source", "Store", "__version__", "build_features", "compare_cards", "compare_dates",
    "counterfactual", "create_ledger", "explain", "features", "load", "load_events", "open_ledger", "open_store",
    "replay", "save", "score", "score_features", "store_events",
]  # fmt: skip
VOCABULARY = [
    "CATALOGUE", "DAY", "FAMILIES", "Feature", "applications", "build_features", "burstiness", "change",
    "concentration", "count", "difference", "distinct", "entropy", "feature", "first", "gap_spread", "largest", "last",
    "longest_gap", "longest_streak", "mean", "mean_gap", "median", "obligations", "quantile", "radius", "ratio",
    "recency", "regularity", "share", "smallest", "spread", "streak", "tenure", "top_share", "total", "transactions",
    "trend", "trips", "value",
]  # fmt: skip


def test_the_public_names_are_exactly_these():
    assert dir(creditscore) == PUBLIC
    assert all(getattr(creditscore, name) is not None for name in PUBLIC)


def test_the_vocabulary_is_exactly_this():
    assert sorted(creditscore.features.__all__) == VOCABULARY


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'train_model'"):
        _ = creditscore.train_model


def test_importing_the_package_imports_no_library():
    code = "import sys, creditscore; print(sorted({'numpy', 'numba', 'pyarrow', 'pandas'} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
