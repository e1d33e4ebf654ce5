"""A market of platforms and borrowers, made block by block: any size, in bounded memory, the same from a seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from creditscore.errors import InputError
from creditscore.events.simulate.behaviour import Histories, aggregates
from creditscore.events.simulate.borrowers import borrowers as made_borrowers
from creditscore.events.simulate.clock import END, whole
from creditscore.events.simulate.export import EXPORTS, Block
from creditscore.events.simulate.faults import numbered
from creditscore.events.simulate.files import refuse_strangers, replacing
from creditscore.events.simulate.lending import applications as made_applications
from creditscore.events.simulate.outcome import best_possible_auc, true_pd
from creditscore.events.simulate.payments import payments
from creditscore.events.simulate.rows import Rows, picked, stacked
from creditscore.events.simulate.shopping import shopping
from creditscore.events.simulate.travel import bookings, orders

BLOCK = 1_000
LARGEST = 10**9


@dataclass(frozen=True)
class Market:
    """What was made: rows by file, the share of bad outcomes, and the AUC of the true PD, which no model can beat."""

    rows: Mapping[str, int]
    bad_rate: float
    best_possible_auc: float


def simulate(
    folder: str | Path, borrowers: int = 3_000, seed: int = 1, progress: Callable[[int, int], None] | None = None
) -> Market:
    """Make a market of so many borrowers and write its platforms' files into a folder.

    The same call writes the same bytes, and a larger market of the same seed begins with the rows of a smaller one.
    Memory holds one block of borrowers and 16 bytes an application. `progress` is called after each block with
    (borrowers done, borrowers in all).

    The folder is made if need be. Files of an earlier market there are replaced, all at the end; a folder that holds
    anything else (a README.md apart) raises InputError, as do `borrowers` below 1 and a negative `seed`.
    """
    folder = Path(folder)
    if not 1 <= borrowers <= LARGEST or seed < 0:
        raise InputError(f"expected 1 to {LARGEST} borrowers and a seed of 0 or more, got {borrowers} and {seed}")
    folder.mkdir(parents=True, exist_ok=True)
    refuse_strangers(folder, EXPORTS)
    counts: Counter[str] = Counter()
    pd, outcome = [], []
    with replacing(folder, EXPORTS) as write:
        for number in range(-(-borrowers // BLOCK)):
            block = _block(seed, number, min(BLOCK, borrowers - number * BLOCK))
            for name, export in EXPORTS.items():
                table = export(block)
                write(name, table)
                counts[name] += table.num_rows
            pd.append(block.applications["pd"])
            outcome.append(block.applications["outcome"])
            if progress:
                progress(min((number + 1) * BLOCK, borrowers), borrowers)
    return Market(dict(counts), float(np.concatenate(outcome).mean()), best_possible_auc(np.concatenate(pd)))


def _block(seed: int, number: int, size: int) -> Block:
    """The first `size` borrowers of a block; all of it is made, so that its size changes nobody in it."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(number,)))
    people = made_borrowers(rng, BLOCK)
    tables = {"payments": payments(rng, people), "orders": orders(rng, people), "bookings": bookings(rng, people)}
    tables["shopping"], tables["instalments"] = shopping(rng, people)
    applied = _decided(rng, tables, made_applications(rng, people))
    for place, (name, rows) in enumerate(tables.items(), start=1):
        sent = picked(rows, rows.get("recorded_at", rows["time"]) < END)
        tables[name] = numbered(rng, sent, place * 10**13 + number * 10**7)
    tables["applications"] = applied | {"owner": applied["borrower"]}
    kept = {name: picked(rows, rows["owner"] < size) for name, rows in tables.items()}
    return Block(names=_pseudonyms(seed, number), **kept)


def _decided(rng: np.random.Generator, tables: Mapping[str, Rows], applied: Rows) -> Rows:
    """The applications with their true PD, from behaviour before them alone, and an outcome drawn from it."""
    transactions = stacked(tables[name] for name in ("payments", "shopping", "orders"))
    pd = true_pd(aggregates(Histories(transactions, tables["bookings"], tables["instalments"]), applied))
    drawn: Rows = {"pd": pd, "outcome": whole(rng.random(len(pd)) < pd)}
    return applied | drawn


def _pseudonyms(seed: int, number: int) -> pa.Array:
    """Sixteen hex digits a borrower, by SplitMix64 (Steele, Lea & Flood 2014): no two of a market are alike."""
    z = np.arange(BLOCK, dtype=np.uint64) + np.uint64((number * BLOCK + (seed << 40)) % 2**64)
    z = z * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return pa.array([f"{one:016x}" for one in z.tolist()], pa.string())
