"""Superseding against a plain reading of it."""

import numpy as np
import pyarrow as pa
import pytest

from creditscore.features.columns import NEVER
from creditscore.features.versions import ids_of, superseded


def plain(ids, platform, recorded, starts):
    owner = np.searchsorted(starts, np.arange(len(ids)), side="right")
    keys = list(zip(owner.tolist(), platform.tolist(), ids, strict=True))
    return [min([r for key, r in zip(keys, recorded, strict=True) if key == mine and r > when], default=NEVER)
            for mine, when in zip(keys, recorded, strict=True)]  # fmt: skip


@pytest.mark.parametrize("seed", range(10))
def test_a_version_ends_when_the_next_of_its_borrower_platform_and_id_begins(seed):
    draw = np.random.default_rng(seed)
    n = 60
    ids = [f"e{i}" if i else "药" for i in draw.integers(0, 6, n)]
    platform, recorded = draw.integers(0, 2, n), draw.permutation(n)
    starts = np.array([0, 20, 20, 45, n])
    places = draw.permutation(n)
    shuffled = pa.array(ids).take(pa.array(np.argsort(places)))
    found = superseded(ids_of(pa.chunked_array([shuffled[:30], shuffled[30:]])), places, platform, recorded, starts)
    assert found.tolist() == plain(ids, platform, recorded.tolist(), starts)


def test_integer_ids_and_no_events_at_all():
    ids = pa.chunked_array([pa.array([7, 7, 8])])
    found = superseded(ids_of(ids), np.arange(3), np.zeros(3, int), np.array([1, 5, 2]), np.array([0, 3]))
    assert found.tolist() == [5, NEVER, NEVER]
    assert superseded(ids_of(pa.chunked_array([], pa.string())), *[np.empty(0, int)] * 3, np.array([0])).tolist() == []
