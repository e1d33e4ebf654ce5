"""The public surface: what users may rely on, locked."""

import subprocess
import sys

import pytest

import creditscore
import creditscore.features
import creditscore.scoring

PUBLIC = [
    "Events", "Reason", "Score", "Scorecard", "Source", "__version__", "build_features", "features", "load",
    "load_events", "save", "score", "score_features",
]  # fmt: skip
VOCABULARY = [
    "CATALOGUE", "DAY", "FAMILIES", "Feature", "applications", "build_features", "count", "distinct", "feature",
    "largest", "mean", "obligations", "ratio", "recency", "share", "smallest", "spread", "tenure", "total",
    "transactions", "trips", "value",
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
