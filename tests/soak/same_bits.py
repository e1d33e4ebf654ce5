"""The same bits, however a score is asked for: threads, one row or many, before and after saving, Python versions.

    python -m tests.soak.same_bits --pythons /venvs/3.12/bin/python /venvs/3.13/bin/python

A digest of all unrounded points, PDs and reasons of some thousand rows, and of made histories, is taken in each way; a
Python given with --pythons needs the base install only. Prints each way's digest; ends with 1 if two differ.
"""

import argparse
import hashlib
import os
import struct
import subprocess
import sys
import tempfile
from pathlib import Path
from unittest import mock

import numpy as np

from creditscore.scorecard import load
from creditscore.scoring import score, score_features
from creditscore.scoring.assess import assess
from creditscore.scoring.conformance import AS_OF, made_history

SIZES = (1, 2, 3, 10, 40, 120)
THREADS = (1, 2, 4, 8)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--pythons", nargs="*", default=[], help="further Pythons, each with the base install")
    parser.add_argument("--card", help="a saved scorecard: print its digests only, as a further Python does")
    asked = parser.parse_args(arguments)
    if asked.card:
        print("\n".join(f"{name} {told}" for name, told in of_card(load(asked.card), asked.rows).items()))
        return 0
    found = by_way(asked.rows, asked.pythons)
    for way, digests in found.items():
        print(f"{way:<28} " + "  ".join(f"{name} {told}" for name, told in digests.items()))
    return 0 if alike(found) else 1


def alike(found):
    """Whether each digest is the same in every way that has it."""
    return all(
        len({digests[name] for digests in found.values() if name in digests}) == 1 for name in ("rows", "histories")
    )


def by_way(rows, pythons=()):
    """The digests of rows and of histories, by way of asking."""
    from creditscore.scorecard import save
    from tests.scorecard.small import small_card  # a further Python has no LightGBM

    card = small_card()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "small.scorecard"
        save(card, path)
        found = {"before saving": of_card(card, rows), "after loading": of_card(load(path), rows)}
        for threads in THREADS:
            with mock.patch.object(os, "cpu_count", lambda threads=threads: threads):
                found[f"{threads} threads"] = {"rows": of_many(load(path), rows)}
        found["one row at a time"] = {"rows": of_single_rows(card, rows)}
        for python in pythons:
            command = [python, "-m", "tests.soak.same_bits", "--rows", str(rows), "--card", str(path)]
            told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            found[python] = dict(line.split(" ") for line in told.splitlines())
    return found


def of_card(card, rows):
    return {"rows": of_many(card, rows), "histories": of_histories(card)}


def made_rows(card, rows):
    draw = np.random.default_rng(1)
    X = draw.lognormal(2, 1, (rows, len(card.features)))
    X[draw.random(X.shape) < 0.2] = np.nan
    return X


def of_many(card, rows):
    found = assess(card, made_rows(card, rows))
    order = np.where(found.worst >= 0, found.worst, 0)
    points = np.where(found.worst >= 0, np.take_along_axis(found.code_points, order, axis=1), 0.0)
    return _digest(np.column_stack([found.unrounded, found.worst, points])[found.scorable].tobytes())


def of_single_rows(card, rows):
    """What `of_many` digests, from results of one row each."""
    place, told = {code: i for i, code in enumerate(card.code_columns.codes)}, []
    for row in made_rows(card, rows).tolist():
        one = score_features(card, dict(zip(card.plan.names, row, strict=True)))
        if one.scorable:
            reasons = [(place[reason.code], reason.points) for reason in one.reasons]
            reasons += [(-1, 0.0)] * (4 - len(reasons))
            told.append([one.unrounded, *(code for code, _ in reasons), *(points for _, points in reasons)])
    return _digest(np.array(told, np.float64).tobytes())


def of_histories(card):
    found = [score(card, made_history(size), as_of=AS_OF) for size in SIZES]
    numbers = [one.unrounded for one in found] + [reason.points for one in found for reason in one.reasons]
    return _digest(struct.pack(f"<{len(numbers)}d", *numbers))


def _digest(data):
    return hashlib.sha256(data).hexdigest()[:16]


if __name__ == "__main__":
    sys.exit(main())
