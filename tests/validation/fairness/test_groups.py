"""Groups: texts as they are, numbers in bands, and not too many of them."""

from __future__ import annotations

import numpy as np
import pytest

from creditscore.errors import TrainingError
from creditscore.validation.fairness import groups_of


def test_texts_are_groups_and_missing_ones_are_not_given() -> None:
    assert groups_of(["f", "m", None, "f"]).tolist() == ["f", "m", "not given", "f"]


def test_a_band_begins_with_its_lower_end() -> None:
    ages = [24.9, 25.0, 59.9, 60.0, np.nan]
    assert groups_of(ages, (25, 60)).tolist() == [
        "under 25",
        "25 to under 60",
        "25 to under 60",
        "60 or more",
        "not given",
    ]


def test_a_number_without_bands_is_refused_with_the_fix() -> None:
    with pytest.raises(TrainingError, match=r"'age' has 50 different values.*give fairness.bands"):
        groups_of(np.arange(50), name="age")


def test_bands_of_texts_are_refused() -> None:
    with pytest.raises(TrainingError, match="'sex' holds texts"):
        groups_of(["f", "m"], (25,), name="sex")
