"""Every feature of the catalogue beside its plain-Python reading, on as many generated histories as you have time for.

    python -m tests.soak.features_oracle --histories 10000

Two processes. Prints what was compared, which edges the histories had, and what differs; ends with 1 if anything does.
"""

import argparse
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import cycle
from multiprocessing import get_context

from creditscore.features import CATALOGUE
from tests.features.agreement import TOLERANCE, Agreement, compare

BATCH = 25  # histories
MOST = (40, 160)  # events a table: in every other batch, and in the rest
SHOWN = 20


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--histories", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0, help="of the first batch; the next ones follow")
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args(arguments)
    start = time.perf_counter()
    found = together(asked.histories, asked.seed, asked.processes)
    print(report(found, asked.histories, time.perf_counter() - start))
    return 1 if found.differences else 0


def together(histories, seed, processes):
    """Batches of histories, each of a seed of its own, compared in processes of their own."""
    sizes = [min(BATCH, histories - begun) for begun in range(0, histories, BATCH)]
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        seeds, most = range(seed, seed + len(sizes)), cycle(MOST)
        parts = list(pool.map(partial(compare, CATALOGUE), seeds, sizes, most))
    return Agreement(
        applications=sum(part.applications for part in parts),
        known=sum((part.known for part in parts), Counter()),
        differences=[difference for part in parts for difference in part.differences],
        edges=sum((part.edges for part in parts), Counter()),
    )


def report(found, histories, seconds):
    rarest = min((one.name for one in CATALOGUE), key=found.known.__getitem__)
    lines = [
        f"{histories:,} histories, {found.applications:,} applications, {len(CATALOGUE)} features in {seconds:.0f} s",
        f"{found.applications * len(CATALOGUE):,} values, {found.known.total():,} of them not missing, "
        f"at least {found.known[rarest]:,} of each feature ({rarest})",
        *(f"  {count:>9,} × {edge}" for edge, count in sorted(found.edges.items())),
        f"{len(found.differences):,} values differ by more than {TOLERANCE:g} (relative, absolute below 1)",
        *(f"  {difference}" for difference in found.differences[:SHOWN]),
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
