"""The dated samples: train < calibrate < test, each borrower in one of them only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from creditscore.errors import TrainingError

Texts = npt.NDArray[np.str_]
Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Period = tuple[dt.date | None, dt.date | None]

RETURNING, UNUSED = "returning", "unused"


def split_samples(applications: pa.Table, periods: Mapping[str, Period]) -> Texts:
    """Each application's sample: the period's name, "returning" or "unused"; text[applications].

    A period (from, until) holds from <= as_of < until, UTC days. A borrower stays in the sample of their first
    application there; later ones in another sample are "returning", for the model has seen who they are. Raises
    TrainingError where a sample is empty.
    """
    dated = _by_date(applications, periods)
    samples = dated.copy()
    borrowers = applications["borrower_id"].combine_chunks().dictionary_encode().indices.to_numpy(zero_copy_only=False)
    used = np.flatnonzero(samples != UNUSED)
    order = used[np.argsort(_times(applications)[used], kind="stable")]
    _, first = np.unique(borrowers[order], return_index=True)
    home = np.full(int(borrowers.max(initial=-1)) + 1, UNUSED, dtype=samples.dtype)
    home[borrowers[order][first]] = samples[order][first]
    returned = (samples != UNUSED) & (samples != home[borrowers])
    samples[returned] = RETURNING
    for name, period in periods.items():
        if not (samples == name).any():
            raise TrainingError(_empty(applications, name, period, bool((dated == name).any())))
    return samples


def expanding_folds(time: Ints, borrowers: Ints, outcome: Floats, folds: int) -> list[tuple[Ints, Ints]]:
    """Time-ordered folds, grouped by borrower: (rows to fit on, later rows to judge on), as many as asked for.

    `time` is int64[rows], `outcome` 0 or 1. The rows in the order of time fall into folds + 1 blocks of as many bads
    each; fold i is judged on block i + 1 and fitted on all before it, less the borrowers that it is judged on. Raises
    TrainingError where a block would have no bad or no good.
    """
    order = np.argsort(time, kind="stable")
    bads = np.cumsum(outcome[order])
    cuts = np.searchsorted(bads, np.arange(1, folds + 1) * bads[-1] / (folds + 1), side="left") + 1
    blocks = np.split(order, cuts)
    if any(not 0 < outcome[block].sum() < len(block) for block in blocks):
        raise TrainingError(
            f"{folds} time-ordered folds need more than {int(bads[-1])} bads among {len(order):,} applications; ask "
            f"for fewer folds, or give the train sample a longer period"
        )
    earlier = (np.concatenate(blocks[: i + 1]) for i in range(folds))
    return [
        (np.sort(rows[~np.isin(borrowers[rows], borrowers[judged])]), np.sort(judged))
        for rows, judged in zip(earlier, blocks[1:], strict=True)
    ]


def _by_date(applications: pa.Table, periods: Mapping[str, Period]) -> Texts:
    time = _times(applications)
    samples = np.full(len(time), UNUSED, dtype="<U32")
    for name, (start, until) in periods.items():
        low = -np.inf if start is None else _microseconds(start)
        high = np.inf if until is None else _microseconds(until)
        samples[(time >= low) & (time < high)] = name
    return samples


def _times(applications: pa.Table) -> npt.NDArray[np.int64]:
    return np.asarray(applications["as_of"].combine_chunks().cast(pa.int64()))


def _microseconds(day: dt.date) -> int:
    return int(dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC).timestamp()) * 1_000_000


def _empty(applications: pa.Table, name: str, period: Period, returning: bool) -> str:
    if returning:
        return f"sample '{name}' holds returning borrowers only, who belong to earlier samples; give it a longer period"
    ends = pc.min_max(applications["as_of"]).as_py()
    first, last = (ends[end].date() if ends[end] else "none" for end in ("min", "max"))
    return (
        f"sample '{name}' ({period[0] or '…'} to {period[1] or '…'}) has no application; applications run from {first} "
        f"to {last}: set samples.{name}.from and until within that"
    )
