"""Millions of calls: memory stays, and threads give what one gives.

    python -m tests.soak.steady_calls --calls 10000000 --threaded 1000000

Calls `score_features` with rows by turns, and tells how much the process grew after the first hundredth; then from
eight threads at once, each answer beside the serial one. Ends with 1 if it grew by 5 MB or more, or an answer differed.
"""

import argparse
import gc
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from pathlib import Path

from creditscore.scoring import score_features
from tests.scorecard.small import drawn, small_card

MOST_GROWTH = 5.0  # MB
THREADS, ROWS = 8, 64


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=10_000_000)
    parser.add_argument("--threaded", type=int, default=1_000_000)
    asked = parser.parse_args(arguments)
    start = time.perf_counter()
    grown = growth(asked.calls)
    print(f"{asked.calls:,} calls in {time.perf_counter() - start:.0f} s: {grown:+.2f} MB", flush=True)
    start = time.perf_counter()
    different = differing(asked.threaded)
    print(f"{asked.threaded:,} calls on {THREADS} threads in {time.perf_counter() - start:.0f} s: {different} differ")
    return 1 if grown >= MOST_GROWTH or different else 0


def rows_of(card):
    return [dict(zip(card.plan.names, row, strict=True)) for row in drawn(card.features)[0][:ROWS].tolist()]


def growth(calls):
    """MB that the process holds more at the end than after a hundredth of the calls."""
    card = small_card()
    rows = cycle(rows_of(card))
    _call(card, rows, max(ROWS, calls // 100))
    before = _resident()
    _call(card, rows, calls)
    return _resident() - before


def _call(card, rows, calls):
    for row in islice(rows, calls):
        score_features(card, row)


def _resident():
    gc.collect()
    return int(re.search(r"VmRSS:\s+(\d+)", Path("/proc/self/status").read_text())[1]) * 1024 / 1e6


def differing(calls):
    """How many answers of eight threads are not the serial ones."""
    card = small_card()
    rows = rows_of(card)
    expected = [score_features(card, row) for row in rows]

    def ask(thread):
        places = ((thread + i) % len(rows) for i in range(calls // THREADS))
        return sum(score_features(card, rows[i]) != expected[i] for i in places)

    with ThreadPoolExecutor(THREADS) as pool:
        return sum(pool.map(ask, range(THREADS)))


if __name__ == "__main__":
    sys.exit(main())
