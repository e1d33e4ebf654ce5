"""Short forms of the benchmarks: they run, and their last line is one JSON object with the figures promised."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]


def _figures(*arguments):
    command = [sys.executable, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=PROJECT)
    return json.loads(done.stdout.splitlines()[-1])


def test_accuracy_on_the_sample_is_beside_the_best_possible():
    found = _figures("benchmarks/accuracy.py", "--simulated", 0)
    low, high = found["oot_interval"]
    assert low < found["oot_auc"] < high
    assert 0.7 < found["best_auc"] < 0.85
    assert found["gap"] == pytest.approx(found["best_auc"] - found["oot_auc"], abs=2e-4)


@pytest.mark.skipif("BERKA" not in os.environ, reason="set BERKA to the folder of the Czech bank's data to run this")
def test_berka_is_at_least_as_good_as_the_better_baseline():
    found = _figures("benchmarks/accuracy.py", "--berka", os.environ["BERKA"])
    assert found["cv_auc"] >= max(found["cv_baselines"].values())
    assert {"cv_difference", "oot_auc", "oot_interval"} <= set(found)
