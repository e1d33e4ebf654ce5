"""Does a ledger lose an entry, or miss a tampering? Writers that are killed, and a file changed at random.

    python -m tests.soak.ledger [--writers 8] [--kills 200] [--tamperings 10000] [--seed 1]

Writers, a process each, append to one SQLite ledger and note each number once it is acknowledged; at random moments one
of them, or all at once, get SIGKILL and are started anew. Afterwards every acknowledged entry must be there, with what
was acknowledged, and the chain must hold. Then copies of a ledger are tampered with in one of six ways (tests/ledger/
tampering.py), each checked against a head taken before. The last line is one JSON object.
"""

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

from creditscore.governance.secrets import Secret
from creditscore.ledger import Inquiry, create_ledger, erase, head_of, open_ledger, review, verify
from creditscore.ledger.store import WITH_CONTENT, entry_of
from tests.ledger.tampering import WAYS, forced

SECRET = Secret(b"only for a soak, 32 bytes or more")
# Of so many kills one takes all writers at once.
ALL_OF = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--tamperings", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", nargs=2, metavar=("LEDGER", "NOTES"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.write:
        write(*arguments.write)
    draw = np.random.default_rng(arguments.seed)
    with tempfile.TemporaryDirectory() as folder:
        found = killed(Path(folder), arguments.writers, arguments.kills, draw)
        print(f"{found['acknowledged']:,} acknowledged entries of {arguments.writers} writers, {found['kills']} kills: "
              f"{found['lost']} lost, {found['broken_chains']} broken chains", flush=True)  # fmt: skip
        found |= tampered(Path(folder), arguments.tamperings, draw)
    for way, (tried, unseen) in found.pop("ways").items():
        print(f"  {way:<10} {tried:6,} tried, {unseen} not found")
    print(json.dumps({"name": "ledger", **found}))


def write(ledger: str, notes: str) -> None:
    """Append one to four entries at a time, for good; note what is acknowledged, a line each."""
    inquiry = Inquiry(open_ledger(ledger), "bank", "soak", SECRET)
    note = os.open(notes, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    draw = np.random.default_rng()
    while True:
        texts = [json.dumps({"points": int(points)}) for points in draw.integers(2**62, size=draw.integers(1, 5))]
        numbers = inquiry.record("m", "d", ["b"] * len(texts), texts)
        # one write, which a kill cannot halve
        os.write(note, "".join(f"{seq} {text}\n" for seq, text in zip(numbers, texts, strict=True)).encode())


def killed(folder: Path, writers: int, kills: int, draw: np.random.Generator) -> dict[str, int]:
    """Writers over one ledger, killed at random moments; what is lost of what they were told is there."""
    ledger = create_ledger(folder / "killed.db", keeper="agency")
    running = [_writer(folder, n) for n in range(writers)]
    _wait_until_all_write(folder, writers)
    done = broken = 0
    try:
        while done < kills:
            time.sleep(float(draw.uniform(0.05, 1.0)))
            picked = list(range(writers)) if draw.integers(ALL_OF) == 0 else [int(draw.integers(writers))]
            for n in picked:
                running[n].send_signal(signal.SIGKILL)
            for n in picked:
                assert running[n].wait() == -signal.SIGKILL, "a writer ended by itself"
                running[n] = _writer(folder, n)
            done += 1
            if done % 50 == 0:
                broken += not verify(ledger).sound
    finally:
        for one in running:
            one.kill()
            one.wait()
    broken += not verify(ledger).sound
    noted = [line.split(" ", 1) for path in folder.glob("notes_*") for line in path.read_text().splitlines()]
    with ledger.store.reading() as connection:
        kept = {entry.seq: entry.content.text for entry in map(entry_of, connection.rows(WITH_CONTENT))}
    lost = sum(kept.get(int(seq)) != text for seq, text in noted)
    return {"writers": writers, "kills": done, "acknowledged": len(noted), "kept": len(kept), "lost": lost,
            "broken_chains": broken}  # fmt: skip


def _writer(folder: Path, n: int) -> subprocess.Popen:
    paths = [str(folder / "killed.db"), str(folder / f"notes_{n}")]
    return subprocess.Popen([sys.executable, "-m", "tests.soak.ledger", "--write", *paths])


def _wait_until_all_write(folder: Path, writers: int) -> None:
    while len(list(folder.glob("notes_*"))) < writers:
        time.sleep(0.05)


def tampered(folder: Path, tamperings: int, draw: np.random.Generator) -> dict[str, object]:
    """Copies of a ledger with every kind of entry, each tampered with once: how many are not found."""
    ledger = _ledger_of_all_kinds(folder / "whole.db")
    head, ways, unseen = head_of(ledger), Counter(), Counter()
    assert verify(ledger, [head]).sound
    ledger.store.scrub()
    copy = folder / "copy.db"
    for number in range(tamperings):
        way = WAYS[number % len(WAYS)]
        shutil.copy(ledger.store.path, copy)
        with forced(copy) as connection:
            what = way(connection, draw)
        ways[way.__name__] += 1
        if verify(open_ledger(copy), [head]).sound:
            unseen[way.__name__] += 1
            print(f"not found: tampering {number}, {way.__name__} of {what}", flush=True)
        for path in folder.glob("copy.db*"):
            path.unlink()
    return {"tamperings": ways.total(), "not_found": unseen.total(),
            "ways": {name: (tried, unseen[name]) for name, tried in ways.items()}}  # fmt: skip


def _ledger_of_all_kinds(path: Path):
    ledger = create_ledger(path, keeper="agency")
    for n in range(12):
        bank = Inquiry(ledger, f"bank {n % 3}", "credit decision", SECRET, fee=n, currency="CNY")
        people = [f"b{i}" for i in range(1 + n % 4)]
        bank.record(f"m-{n % 2}", f"sha256:{n % 2}", people, [json.dumps({"points": 600 + n}) for _ in people])
    review(ledger, 3, by="Li", why="asked", old="declined", new="approved")
    erase(ledger, "b2", [SECRET], by="Wang", why="asked")
    return ledger


if __name__ == "__main__":
    main()
