"""Where the library's time goes: loading and building apart, and the tree of calls under them.

python benchmarks/feature_profile.py FOLDER [THREADS]
"""

import cProfile
import os
import pstats
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from by_creditscore import build, load

SMALLEST_SHARE = 0.01
DEEPEST = 8
Function = tuple[str, int, str]


def main() -> None:
    folder, threads = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else os.cpu_count() or 1
    build(load(folder / "slice"), threads)
    print("\n".join(profile(folder, threads)))


def profile(folder: Path, threads: int) -> Iterator[str]:
    began = time.perf_counter()
    events = load(folder)
    loaded = time.perf_counter()
    build(events, threads)
    yield f"creditscore: loading {loaded - began:.2f} s, building {time.perf_counter() - loaded:.2f} s; profiled:"
    del events
    with cProfile.Profile() as profiler:
        build(load(folder), threads)
    stats: Any = pstats.Stats(profiler)
    whole = stats.total_tt
    for root in (_named(stats, "by_creditscore.py", "load"), _named(stats, "by_creditscore.py", "build")):
        yield from _tree(stats.stats, root, stats.stats[root][2:4], whole, 1)


def _named(stats: Any, file: str, name: str) -> Function:
    return next(function for function in stats.stats if function[0].endswith(file) and function[2] == name)


def _tree(
    calls: dict[Function, Any], function: Function, spent: tuple[float, float], whole: float, depth: int
) -> Iterator[str]:
    """A function's seconds, of them its own (compiled code it calls included), and the same of what it called.

    What takes less than a hundredth of the whole is left out.
    """
    own, seconds = spent
    if seconds < SMALLEST_SHARE * whole:
        return
    yield f"{'  ' * depth}{seconds:7.2f} s  {_label(function)}" + (f", {own:.2f} s itself" if own < seconds else "")
    inside = [(callers[function][2:4], called) for called, (*_, callers) in calls.items() if function in callers]
    if depth < DEEPEST:
        for less, called in sorted(inside, key=lambda one: -one[0][1]):
            if called != function:
                yield from _tree(calls, called, less, whole, depth + 1)


def _label(function: Function) -> str:
    file, _, name = function
    return name if file == "~" else f"{Path(file).stem}.{name}"


if __name__ == "__main__":
    main()
