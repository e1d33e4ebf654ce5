"""Scorecards of ten trees, spoilt in every way: none may crash, hang, or score otherwise without an error.

    python -m tests.soak.mutated_scorecards --mutants 1000000

Mutant n is made with n as its seed, its kind is n modulo 4: bytes and zip as an accident leaves them, structure and
numbers as an attacker does who makes the digests fit again. Worker processes load and score; each is watched, so that a
crash or a hang is seen, counted, and the rest goes on. What a mutant of the first kinds scores must be what the whole
scorecard does; one of the others is another scorecard, whose scores must be finite and the same in every way of asking.
Prints the counts; ends with 1 if anything failed.
"""

import argparse
import resource
import sys
import tempfile
import time
import warnings
from dataclasses import dataclass, field, replace
from multiprocessing import get_context
from pathlib import Path
from random import Random

import numpy as np

from creditscore.errors import ScorecardError
from creditscore.scorecard import load, save
from creditscore.scoring import score, score_features
from creditscore.scoring.assess import assess
from creditscore.scoring.conformance import AS_OF, made_history, replay
from tests.soak.mutations import KINDS, RESEALED, mutated

TELL = 60.0  # seconds between lines on how far it is
HANG = 60.0  # seconds without an answer, on a machine that others use too
MOST_MEMORY = 12 << 30
HISTORY, APPLICATION = made_history(12), {"amount": 9_000.0, "term_months": 6.0, "instalment": 1_600.0}
OUTCOMES = ("refused", "same", "another")
SHOWN = 20


@dataclass
class Found:
    """Counts by kind and outcome, and what failed, with the mutant's number."""

    counts: dict = field(default_factory=lambda: {kind: dict.fromkeys(OUTCOMES, 0) for kind in KINDS})
    failures: list = field(default_factory=list)


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mutants", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0, help="the first one's number")
    parser.add_argument("--processes", type=int, default=1)
    asked = parser.parse_args(arguments)
    start = time.perf_counter()
    found = together(asked.first, asked.mutants, asked.processes)
    print(report(found, time.perf_counter() - start), flush=True)
    return 1 if found.failures else 0


def together(first, mutants, processes=1):
    """The mutants first … first + mutants − 1, each process taking every so-manieth."""
    from tests.scorecard.small import small_card  # LightGBM stays out of the workers

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "whole.scorecard"
        card = small_card()
        save(replace(card, vectors=card.vectors[:2]), path)
        found = Found()
        workers = [_Worker(path, first + i, first + mutants, processes) for i in range(processes)]
        told = time.monotonic()
        while any(not worker.done for worker in workers):
            time.sleep(0.1)
            for worker in workers:
                worker.watch(found)
            if time.monotonic() - told > TELL:
                told = time.monotonic()
                done = sum(sum(counts.values()) for counts in found.counts.values())
                print(f"{done:,} mutants, {len(found.failures)} failures so far", file=sys.stderr, flush=True)
    return found


class _Worker:
    """A process, and how far it is; started again behind a mutant that crashed or hung it."""

    def __init__(self, path, first, end, step):
        self.path, self.end, self.step, self.done = path, end, step, False
        self._start(first)

    def _start(self, first):
        context = get_context("spawn")
        self.at, self.told = context.Value("q", first, lock=False), context.SimpleQueue()
        self.process = context.Process(
            target=_work, args=(self.path, first, self.end, self.step, self.at, self.told), daemon=True
        )
        self.process.start()
        self.seen, self.since = first, time.monotonic()

    def watch(self, found):
        if self.done:
            return
        self._listen(found)
        if self.at.value != self.seen:
            self.seen, self.since = self.at.value, time.monotonic()
        if self.process.exitcode == 0:
            self._listen(found)
            self.done = True
        elif self.process.exitcode is not None:
            self._go_on(found, f"crash, exit status {self.process.exitcode}")
        elif time.monotonic() - self.since > HANG:
            self.process.kill()
            self.process.join()
            self._go_on(found, "hang")

    def _listen(self, found):
        while not self.told.empty():
            kind, outcome, count = self.told.get()
            if outcome in OUTCOMES:
                found.counts[kind][outcome] += count
            else:
                found.failures.append((kind, outcome, count))

    def _go_on(self, found, what):
        self._listen(found)
        found.failures.append((KINDS[self.at.value % len(KINDS)], what, self.at.value))
        self._start(self.at.value + self.step)


def _work(path, first, end, step, at, told):
    """Load and score mutants; the number of each is written down before it is touched."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    warnings.simplefilter("ignore")  # of parts given twice
    whole = _Whole(path)
    counts = dict.fromkeys([(kind, outcome) for kind in KINDS for outcome in OUTCOMES], 0)
    for number in range(first, end, step):
        at.value = number
        kind = KINDS[number % len(KINDS)]
        try:
            counts[kind, whole.outcome(number, kind)] += 1
        except Exception as error:
            told.put((kind, f"{type(error).__name__}: {error}"[:300], number))
        if number % 500 < step:
            _tell(counts, told)
    _tell(counts, told)


def _tell(counts, told):
    for (kind, outcome), count in counts.items():
        told.put((kind, outcome, count))
        counts[kind, outcome] = 0


class _Whole:
    """The whole scorecard, what it scores, and a place for its mutants."""

    def __init__(self, path):
        self.bytes, self.mutant = path.read_bytes(), path.with_name(f"mutant-{id(self)}.scorecard")
        self.card = load(path)
        draw = np.random.default_rng(1)
        self.X = draw.lognormal(2, 1, (6, len(self.card.features)))
        self.X[0] = np.nan
        self.X[1, : len(self.card.features) // 2] = np.nan
        self.scores = _scores(self.card, self.X)

    def outcome(self, number, kind):
        """Refused, the same scores, or another scorecard's; AssertionError where that is not as it should be."""
        spoilt = mutated(self.bytes, kind, Random(number))
        self.mutant.write_bytes(spoilt)
        try:
            card = load(self.mutant)
        except ScorecardError:
            return "refused"
        same = _scores(card, self.X) == self.scores
        if kind in RESEALED:
            assert same or card.digest != self.card.digest, "another score under the same digest"
            _ = replay(card)
            return "same" if same else "another"
        assert same, "another score without an error"
        assert card.digest == self.card.digest, "another digest for the same parts"
        return "same"


def _scores(card, X):
    """All that can be asked of a card, checked to be finite and to agree between ways of asking."""
    names = card.plan.names
    X = X[:, : len(names)] if len(names) <= X.shape[1] else np.pad(X, ((0, 0), (0, len(names) - X.shape[1])))
    batch = assess(card, np.ascontiguousarray(X))
    ones = [score_features(card, dict(zip(names, row, strict=True))) for row in X.tolist()]
    for i, one in enumerate(ones):
        assert one.scorable == batch.scorable[i], "scorable differs between one row and many"
        if not one.scorable:
            continue
        assert np.isfinite([one.unrounded, one.pd, one.reference_points, *(r.points for r in one.reasons)]).all()
        assert one.unrounded == batch.unrounded[i], "points differ between one row and many"
        assert card.scale.lowest <= one.points <= card.scale.highest, "points outside their range"
        summed, size = batch.code_points[i].sum() + one.reference_points, np.abs(batch.code_points[i]).sum()
        assert abs(summed - one.unrounded) <= 1e-9 * (1 + size + abs(one.unrounded)), "reasons do not add up"
    assert batch.margin.tobytes() == card.trees.margin(np.ascontiguousarray(X)).tobytes(), "margins differ from trees'"
    ones.append(score(card, HISTORY, as_of=AS_OF, application=APPLICATION))
    return [(one.unrounded, one.pd, one.grade, one.reference_points, [r[:] for r in _reasons(one)]) for one in ones]


def _reasons(one):
    return [(reason.code, reason.text, reason.points) for reason in one.reasons]


def report(found, seconds):
    total = sum(sum(counts.values()) for counts in found.counts.values())
    lines = [f"{total + len(found.failures):,} mutants in {seconds:.0f} s"]
    for kind, counts in found.counts.items():
        lines.append(f"  {kind:<10} " + ", ".join(f"{counts[outcome]:,} {outcome}" for outcome in OUTCOMES))
    crashes = sum(what.startswith("crash") for _, what, _ in found.failures)
    hangs = sum(what == "hang" for _, what, _ in found.failures)
    lines.append(f"{crashes} crashes, {hangs} hangs, {len(found.failures) - crashes - hangs} other failures")
    lines += [f"  {kind} {number}: {what}" for kind, what, number in found.failures[:SHOWN]]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
