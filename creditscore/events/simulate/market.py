"""A market of platforms and borrowers, made block by block: any size, in bounded memory, the same from a seed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from creditscore.errors import InputError
from creditscore.events.simulate.behaviour import Histories, aggregates
from creditscore.events.simulate.borrowers import borrowers as made_borrowers
from creditscore.events.simulate.clock import END, Floats, whole
from creditscore.events.simulate.export import EXPORTS, Block, application_id
from creditscore.events.simulate.faults import numbered
from creditscore.events.simulate.files import refuse_strangers, replacing
from creditscore.events.simulate.lending import applications as made_applications
from creditscore.events.simulate.outcome import TRUTH, Truth, best_possible_auc, true_pd
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


@dataclass(frozen=True)
class Behaviours:
    """What the truth is made from: the ids of applications, text[n], and their aggregates, float64[n] by name."""

    application_id: pa.Array
    aggregates: Mapping[str, Floats]


def simulate(
    folder: str | Path,
    borrowers: int = 3_000,
    seed: int = 1,
    progress: Callable[[int, int], None] | None = None,
    truth: Truth = TRUTH,
) -> Market:
    """Make a market of so many borrowers and write its platforms' files into a folder.

    The same call writes the same bytes, and a larger market of the same seed begins with the rows of a smaller one.
    Memory holds one block of borrowers and 16 bytes an application. `progress` is called after each block with
    (borrowers done, borrowers in all). Another `truth` changes outcomes and PDs, and nothing else.

    The folder is made if need be. Files of an earlier market there are replaced, all at the end; a folder that holds
    anything else (a README.md apart) raises InputError, as do `borrowers` below 1 and a negative `seed`.
    """
    folder = Path(folder)
    _check(borrowers, seed)
    folder.mkdir(parents=True, exist_ok=True)
    refuse_strangers(folder, EXPORTS)
    counts: Counter[str] = Counter()
    pd, outcome = [], []
    with replacing(folder, EXPORTS) as write:
        for number, block in enumerate(_blocks(seed, borrowers, truth)):
            for name, export in EXPORTS.items():
                table = export(block)
                write(name, table)
                counts[name] += table.num_rows
            pd.append(block.applications["pd"])
            outcome.append(block.applications["outcome"])
            if progress:
                progress(min((number + 1) * BLOCK, borrowers), borrowers)
    return Market(dict(counts), float(np.concatenate(outcome).mean()), best_possible_auc(np.concatenate(pd)))


def behaviours(borrowers: int = 3_000, seed: int = 1) -> Behaviours:
    """What came before each application of a market, in the order of its files.

    The market is made again for it, and not written. Raises InputError as `simulate` does.
    """
    _check(borrowers, seed)
    ids, found = [], []
    for block in _blocks(seed, borrowers, TRUTH):
        ids.append(application_id(block))
        found.append(block.aggregates)
    return Behaviours(pa.concat_arrays(ids), {name: np.concatenate([one[name] for one in found]) for name in found[0]})


def _check(borrowers: int, seed: int) -> None:
    if not 1 <= borrowers <= LARGEST or seed < 0:
        raise InputError(f"expected 1 to {LARGEST} borrowers and a seed of 0 or more, got {borrowers} and {seed}")


def _blocks(seed: int, borrowers: int, truth: Truth) -> Iterator[Block]:
    for number in range(-(-borrowers // BLOCK)):
        yield _block(seed, number, min(BLOCK, borrowers - number * BLOCK), truth)


def _block(seed: int, number: int, size: int, truth: Truth) -> Block:
    """The first `size` borrowers of a block; all of it is made, so that its size changes nobody in it."""
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(number,)))
    people = made_borrowers(rng, BLOCK)
    tables = {"payments": payments(rng, people), "orders": orders(rng, people), "bookings": bookings(rng, people)}
    tables["shopping"], tables["instalments"] = shopping(rng, people)
    applied = made_applications(rng, people)
    known = _known(tables, applied)
    applied |= _decided(rng, true_pd(known, truth))
    for place, (name, rows) in enumerate(tables.items(), start=1):
        sent = picked(rows, rows.get("recorded_at", rows["time"]) < END)
        tables[name] = numbered(rng, sent, place * 10**13 + number * 10**7)
    tables["applications"] = applied | {"owner": applied["borrower"]}
    kept = {name: picked(rows, rows["owner"] < size) for name, rows in tables.items()}
    return Block(names=_pseudonyms(seed, number), aggregates=picked(known, applied["borrower"] < size), **kept)


def _known(tables: Mapping[str, Rows], applied: Rows) -> Rows:
    """What the behaviour before each application amounts to."""
    transactions = stacked(tables[name] for name in ("payments", "shopping", "orders"))
    return dict(aggregates(Histories(transactions, tables["bookings"], tables["instalments"]), applied))


def _decided(rng: np.random.Generator, pd: Floats) -> Rows:
    """The true PDs, and outcomes drawn from them."""
    return {"pd": pd, "outcome": whole(rng.random(len(pd)) < pd)}


def _pseudonyms(seed: int, number: int) -> pa.Array:
    """Sixteen hex digits a borrower, by SplitMix64 (Steele, Lea & Flood 2014): no two of a market are alike."""
    z = np.arange(BLOCK, dtype=np.uint64) + np.uint64((number * BLOCK + (seed << 40)) % 2**64)
    z = z * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return pa.array([f"{one:016x}" for one in z.tolist()], pa.string())
