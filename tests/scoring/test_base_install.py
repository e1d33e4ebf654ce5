"""score() where nothing is installed but NumPy, Numba and PyArrow: any other library's import fails here."""

import subprocess
import sys
from importlib.util import find_spec

import pytest

from creditscore.scorecard import save
from tests.scorecard.small import small_card

BLOCKED = """
import sys
ALLOWED = {*sys.stdlib_module_names, "numpy", "numba", "llvmlite", "pyarrow", "creditscore", "__main__"}

class Block:
    def find_spec(self, name, path=None, target=None):
        top = name.partition(".")[0]
        if top not in ALLOWED and not top.startswith("_sysconfigdata"):  # the standard library's own, by platform
            raise ModuleNotFoundError(f"{name}: not in the base install", name=name)

sys.meta_path.insert(0, Block())
"""
SCORE = """
import pathlib
import pyarrow as pa, pyarrow.parquet as pq
import creditscore
from creditscore.__main__ import main
from creditscore.scoring.conformance import AS_OF, made_history, replay

folder = pathlib.Path(sys.argv[1])
card = creditscore.load(folder / "small.scorecard")
assert replay(card) == []
history = made_history(30)
one = creditscore.score(card, history, as_of=AS_OF)
tables = {name: pa.Table.from_pylist([{"borrower_id": "b", **row} for row in rows]) for name, rows in history.items()}
assert creditscore.score(card, tables, as_of=AS_OF) == one
assert one.to_dict()["points"] == one.points and one._repr_html_()
row = dict.fromkeys(card.plan.names, 1.0)
assert creditscore.score_features(card, pa.table({name: [1.0] for name in row}))["points"][0].as_py() \
    == creditscore.score_features(card, row).points
for name, table in tables.items():
    pq.write_table(table, folder / f"{name}.parquet")
for out in ("scores.parquet", "scores.csv"):
    words = ["score", str(folder / "small.scorecard"), str(folder), "--as-of", AS_OF.isoformat()]
    assert main([*words, "--out", str(folder / out)]) == 0
assert pq.read_table(folder / "scores.parquet")["points"].to_pylist() == [one.points]
assert main(["verify", str(folder / "small.scorecard")]) == 0
"""
PROCESSES = """
import multiprocessing, os, pathlib, signal, threading
import creditscore
from creditscore.scoring.conformance import AS_OF, made_history

HISTORY = made_history(30)

def points(path):
    return creditscore.score(creditscore.load(path), HISTORY, as_of=AS_OF).unrounded

if __name__ == "__main__":
    signal.alarm(240)  # a hang is a failure
    path = pathlib.Path(sys.argv[1]) / "small.scorecard"
    card = creditscore.load(path)
    expected = points(path)
    found = []
    threads = [threading.Thread(target=lambda: found.append(creditscore.score(card, HISTORY, as_of=AS_OF).unrounded))
               for _ in range(8)]
    [thread.start() for thread in threads], [thread.join() for thread in threads]
    assert found == [expected] * 8
    child = os.fork()
    if not child:
        same = creditscore.score(card, HISTORY, as_of=AS_OF).unrounded == points(path) == expected
        os._exit(0 if same else 1)
    assert os.waitpid(child, 0)[1] == 0, "after fork"
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.map(points, [path]) == [expected]
"""


def run(code, folder):
    save(small_card(), folder / "small.scorecard")
    script = folder / "script.py"
    script.write_text(code)
    done = subprocess.run([sys.executable, script, folder], capture_output=True, text=True, check=False, timeout=500)
    assert done.returncode == 0, done.stderr[-2_000:]


def test_all_of_scoring_runs_in_the_base_install(tmp_path):
    run(BLOCKED + SCORE, tmp_path)


def test_threads_forks_and_spawned_processes_score_the_same(tmp_path):
    run("import sys\n" + PROCESSES, tmp_path)


FROM_JSON = """
import pathlib, sys
import creditscore
from creditscore.scoring.conformance import AS_OF, made_history

card = creditscore.load(pathlib.Path(sys.argv[1]) / "small.scorecard")
assert creditscore.score(card, made_history(30), as_of=AS_OF).scorable
assert "pandas" not in sys.modules, "pandas was loaded"
"""


@pytest.mark.skipif(find_spec("pandas") is None, reason="shows that pandas stays out where it is")
def test_a_score_from_json_does_not_wait_for_pandas(tmp_path):
    run(FROM_JSON, tmp_path)
