"""A cache that was filled ahead serves a new process, which then compiles nothing."""

import os
import subprocess
import sys

WARM = ["-m", "creditscore", "warm"]
ONE = """
from creditscore.compiled import compiled
import creditscore.features.one as one
from creditscore.features.packed_plan import fill_one
from creditscore.features import CATALOGUE
from creditscore.features.plan import make_plan
bill = {"event_id": 1, "time": "2024-01-01T00:00:00Z", "platform": "p", "kind": "fee", "amount": 1}
one.row_of(make_plan(CATALOGUE), {"transactions": [bill]}, 1_706_745_600_000_000, {})
stats = fill_one.stats
print(sum(stats.cache_hits.values()), sum(stats.cache_misses.values()))
"""


def run(*arguments, cache=None):
    variables = {**os.environ, "NUMBA_CACHE_DIR": str(cache)} if cache else os.environ
    return subprocess.run(
        [sys.executable, *arguments], env=variables, capture_output=True, text=True, check=True
    ).stdout


def test_a_new_process_takes_what_was_compiled_from_the_cache(tmp_path):
    told = run(*WARM, str(tmp_path / "cache"))
    assert f"NUMBA_CACHE_DIR={tmp_path / 'cache'}" in told
    assert "features of one" in told
    assert run("-c", ONE, cache=tmp_path / "cache").split() == ["1", "0"]
