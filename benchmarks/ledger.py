"""What a ledger costs a batch: the same applications scored with one and without, in turn, medians compared.

    python benchmarks/ledger.py [--runs 25] [--borrowers 0]

The sample's applications, or those of a simulated market of so many borrowers (marked so), by a scorecard that is
trained on the sample first. Each run with a ledger appends to the same SQLite file on this disk. Prints microseconds by
application, and as its last line one JSON object: `ratio` is the time with a ledger over that without, by wall clock.
"""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from creditscore import training
from creditscore.config import load_config
from creditscore.events.simulate import simulate
from creditscore.governance.secrets import Secret
from creditscore.ledger import Inquiry, create_ledger, head_of, verify
from creditscore.scorecard import load, save
from creditscore.scoring import score

CONFIG = Path(__file__).parents[1] / "configs" / "sample.yaml"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=25)
    parser.add_argument("--borrowers", type=int, default=0, help="of a simulated market; 0: the sample")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        card, events = prepared(Path(folder), arguments.borrowers)
        ledger = create_ledger(Path(folder) / "ledger.db", keeper="agency")
        inquiry = Inquiry(ledger, "bank", "credit decision", Secret(b"only to measure, 32 bytes or more"), fee=1,
                          currency="CNY")  # fmt: skip
        wall, processor = measured(card, events, inquiry, arguments.runs)
        rows = events.applications.num_rows
        verdict = verify(ledger, [head_of(ledger)])
        ledger.store.scrub()  # what lies in the log goes into the file
        size = ledger.store.path.stat().st_size / max(1, verdict.entries)
    assert verdict.sound
    assert verdict.entries == rows * (arguments.runs + 1)
    for name, times in wall.items():
        busy = processor[name] / rows * 1e6
        print(f"{name:<8} {times / rows * 1e6:8.1f} µs an application by the clock, {busy:8.1f} of the processors")
    print(json.dumps({
        "name": "ledger", "data": f"simulated, {arguments.borrowers} borrowers" if arguments.borrowers else "sample",
        "applications": rows, "runs": arguments.runs, "seconds": {name: round(t, 4) for name, t in wall.items()},
        "ratio": round(wall["with"] / wall["without"], 3),
        "processor_ratio": round(processor["with"] / processor["without"], 3), "bytes_an_entry": round(size),
    }))  # fmt: skip


def prepared(folder: Path, borrowers: int) -> tuple[Any, Any]:
    """A scorecard trained on the sample, and the events to score."""
    config = load_config(CONFIG)
    events = training.read_events(config, CONFIG)
    card = training.fit(config, training.prepare(config, events, training.chosen_features(config))).card
    save(card, folder / "sample.scorecard")
    if borrowers:
        simulate(folder, borrowers=borrowers, seed=1)
        events = training.read_events(config, CONFIG, folder)
    return load(folder / "sample.scorecard"), events


def measured(card: Any, events: Any, inquiry: Inquiry, runs: int) -> tuple[dict[str, float], dict[str, float]]:
    """Median seconds by the clock and of the processors, one after the other in turn, after a first run of each."""
    found: dict[str, list[tuple[float, float]]] = {"without": [], "with": []}
    for run in range(runs + 1):
        for name, ledger in (("without", None), ("with", inquiry)):
            clock, processor = time.perf_counter(), time.process_time()
            score(card, events, applications=events.applications, ledger=ledger)
            if run:
                found[name].append((time.perf_counter() - clock, time.process_time() - processor))
    medians = {
        name: [statistics.median(column) for column in zip(*times, strict=True)] for name, times in found.items()
    }
    return {name: one[0] for name, one in medians.items()}, {name: one[1] for name, one in medians.items()}


if __name__ == "__main__":
    main()
