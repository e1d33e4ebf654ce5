"""kill -9 at random moments of saving: the file is the old one or the new one, and the next save leaves no stray.

    python -m tests.soak.killed_saves --kills 200

A process saves two scorecards by turns, over and over; it is killed after a random time, the file is loaded, and saved
once more. Prints the counts; ends with 1 if a file was torn or anything lay beside it.
"""

import argparse
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from creditscore.errors import ScorecardError
from creditscore.scorecard import load, save
from tests.scorecard.small import small_card

# what save() writes with, and nothing that takes long to import
WRITER = """
import pathlib, sys
from creditscore.atomic import write_whole
path, *sources = map(pathlib.Path, sys.argv[1:])
wholes = [source.read_bytes() for source in sources]
print("!", flush=True)
while True:
    for whole in wholes:
        write_whole(path, whole)
"""


@dataclass
class Found:
    """How often a save was cut, what it had left, and what was wrong then."""

    kills: int = 0
    strays_left_by_kills: int = 0
    torn: int = 0
    strays_after_next_save: int = 0


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args(arguments)
    found = killed(asked.kills, asked.seed)
    print(
        f"{found.kills} kills, {found.strays_left_by_kills} of them in the middle of a write: {found.torn} torn files, "
        f"{found.strays_after_next_save} strays after the next save"
    )
    return 1 if found.torn or found.strays_after_next_save else 0


def killed(kills, seed):
    draw, found = Random(seed), Found()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "target" / "card.scorecard"
        path.parent.mkdir()
        cards = [replace(small_card(), name=name, facts={"padding": "x" * 2_000_000}) for name in ("one", "other")]
        sources = [path.parent.with_name(card.name) for card in cards]
        digests = {save(card, source).digest for card, source in zip(cards, sources, strict=True)}
        save(cards[0], path)
        for _ in range(kills):
            _kill_a_writer(path, sources, draw.uniform(0, 0.03))
            found.kills += 1
            found.strays_left_by_kills += len(list(path.parent.iterdir())) > 1
            found.torn += not _is_whole(path, digests)
            save(draw.choice(cards), path)
            found.strays_after_next_save += list(path.parent.iterdir()) != [path]
    return found


def _is_whole(path, digests):
    try:
        return load(path).digest in digests
    except ScorecardError:
        return False


def _kill_a_writer(path, sources, seconds):
    """Let a process write for a random time, and kill it."""
    writer = subprocess.Popen([sys.executable, "-c", WRITER, path, *sources], stdout=subprocess.PIPE)
    writer.stdout.read(1)
    time.sleep(seconds)
    writer.kill()
    writer.communicate()
    assert writer.returncode == -signal.SIGKILL


if __name__ == "__main__":
    sys.exit(main())
