"""The samples: what each can be trusted for, and its counts, ranking and calibration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas

from creditscore.validation.metrics import FEWEST, Estimate, brier, discrimination, jeffreys, observed_over_expected
from creditscore.validation.report.plain import estimate, known, scorable

# In the order of a report.
SAMPLES = {
    "new": "later than the test sample: nothing was fitted or chosen on it",
    "test": "out-of-time: neither the model nor the PDs were fitted on it",
    "calibrate": "the PDs were fitted on it",
    "train": "the model was fitted on it: its figures flatter the model",
    "returning": "borrowers of an earlier sample who applied again; kept apart from the others",
}
OUT_OF_TIME = ("new", "test")


def samples_of(scored: pandas.DataFrame) -> dict[str, Any]:
    """Each sample's counts, dates and figures."""
    return {name: _sample(scored[scored["sample"] == name]) for name in SAMPLES if (scored["sample"] == name).any()}


def shown_of(samples: Mapping[str, Any]) -> str | None:
    """The sample that the tables are of: the first that can be ranked with an interval, else at all, else none."""
    ranked = [name for name, sample in samples.items() if sample["auc"]]
    enough = [name for name in ranked if min(samples[name]["bads"], samples[name]["goods"]) >= FEWEST]
    late = [name for name in ranked if name in OUT_OF_TIME]
    return next(iter([*(name for name in late if name in enough), *late, *ranked]), None)


def _sample(rows: pandas.DataFrame) -> dict[str, Any]:
    scored, judged = scorable(rows), known(rows)
    bads = int(judged["outcome"].sum())
    counts = {
        "applications": len(rows),
        "borrowers": int(rows["borrower_id"].nunique()),
        "not_scorable": len(rows) - len(scored),
        "indeterminate": len(scored) - len(judged),
        "goods": len(judged) - bads,
        "bads": bads,
        "first": rows["as_of"].min().date().isoformat(),
        "last": rows["as_of"].max().date().isoformat(),
    }
    return counts | _calibration(judged, bads) | _ranking(judged, bads)


def _calibration(judged: pandas.DataFrame, bads: int) -> dict[str, Any]:
    if judged.empty:
        return dict.fromkeys(("expected", "bad_rate", "observed_over_expected", "brier"))
    low, high = jeffreys(bads, len(judged))
    return {
        "expected": float(judged["pd"].mean()),
        "bad_rate": estimate(Estimate(bads / len(judged), float(low), float(high))),
        "observed_over_expected": estimate(observed_over_expected(judged["outcome"], judged["pd"])),
        "brier": brier(judged["outcome"], judged["pd"]),
    }


def _ranking(judged: pandas.DataFrame, bads: int) -> dict[str, Any]:
    if not 0 < bads < len(judged):
        return dict.fromkeys(("auc", "gini", "ks"))
    found = discrimination(judged["outcome"], judged["pd"], judged["borrower_id"])
    return {"auc": estimate(found.auc), "gini": estimate(found.gini), "ks": estimate(found.ks)}
