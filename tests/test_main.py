"""The commands, as their users run them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
import yaml

from creditscore.__main__ import COMMANDS, main
from creditscore.train import main as train_main

PROJECT = Path(__file__).parents[1]
SAMPLE = PROJECT / "configs" / "sample.yaml"


@pytest.fixture(scope="module")
def market(tmp_path_factory):
    """A small made market and a config for it."""
    from creditscore.events.simulate import simulate

    folder = tmp_path_factory.mktemp("market")
    simulate(folder, borrowers=600, seed=5)
    return folder


@pytest.fixture
def config(market, tmp_path):
    """Writes the sample's config with changes, for the small market; gives its path."""

    def write(**changes):
        content = yaml.safe_load(SAMPLE.read_text(encoding="utf-8")) | {"output": str(tmp_path / "out")}
        content["events"]["folder"] = str(market)
        for key, value in changes.items():
            at, _, last = key.rpartition("__")
            place = content
            for part in at.split("__") if at else []:
                place = place[int(part) if part.isdigit() else part]
            place[last] = value
        path = tmp_path / "config.yaml"
        path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
        return path

    return write


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning", "ignore::FutureWarning")
def test_training_leaves_scorecard_report_and_registered_model(config, tmp_path, capsys, monkeypatch):
    assert train_main([str(config())]) == 0
    out = tmp_path / "out"
    printed = capsys.readouterr().out
    for step in ("events", "features", "model", "scorecard", "report", "registry", "out of time: AUC"):
        assert step in printed
    assert {"sample.scorecard", "report.html", "report.json", "mlflow.db"} <= {path.name for path in out.iterdir()}
    assert main(["verify", str(out / "sample.scorecard")]) == 0
    _check_registered(out, monkeypatch)


def _check_registered(out, monkeypatch):
    """The registered model loads without unpickling and scores as the scorecard does."""
    import mlflow.pyfunc
    import pandas as pd

    from creditscore import load, score_features

    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{out / 'mlflow.db'}")
    model = mlflow.pyfunc.load_model("models:/sample@candidate")
    card = load(out / "sample.scorecard")
    row = pd.DataFrame([[1.0] * len(card.features)], columns=card.plan.names)
    assert model.predict(row)["unrounded_points"].tolist() == score_features(card, row)["unrounded_points"].tolist()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"events__folder": "/nowhere"}, "no such folder"),
        ({"nmae": "x"}, "unknown key 'nmae'; did you mean 'name'"),
        ({"scale__pdo": -1}, "'scale.pdo'"),
        ({"events__birch": []}, "unknown key 'events.birch'"),
        ({"events__applications__0__columns__borrower_id": "customer"}, "borrower_id"),
        ({"events__applications__0__columns__outcome": "term_months"}, "outcome"),
        ({"events__transactions__1__columns__amount": "sums"}, "did you mean 'sum'"),
        ({"events__transactions__1__files": "none.csv"}, "none.csv"),
        ({"features__modules": ["no_such_module"]}, "cannot import 'no_such_module'"),
        ({"samples__test": {"from": "2035-01-01"}}, "sample 'test'"),
        ({"model": {"params": {"num_leaves": 0}}}, "model.params"),
    ],
)
def test_bad_input_is_one_clear_error_and_nothing_half_written(config, tmp_path, capsys, changes, message):
    assert train_main([str(config(**changes))]) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert message in error
    assert len(error.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_a_missing_config_is_named(tmp_path, capsys):
    assert train_main([str(tmp_path / "none.yaml")]) == 2
    assert "no such config file" in capsys.readouterr().err


def _changed_applications(market, tmp_path, **columns):
    """The market's folder with its applications changed, the other files linked."""
    folder = tmp_path / "changed"
    folder.mkdir()
    for path in market.iterdir():
        if path.name != "applications.parquet":
            os.link(path, folder / path.name)
    table = pq.read_table(market / "applications.parquet")
    for name, make in columns.items():
        table = table.set_column(table.column_names.index(name), name, make(table))
    pq.write_table(table, folder / "applications.parquet")
    return folder


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"outcome": lambda table: pa.array([0] * table.num_rows)}, "one class only"),
        ({"outcome": lambda table: pa.array([2] * table.num_rows)}, "outcome"),
        ({"borrower_id": lambda table: pa.array([f"z{i}" for i in range(table.num_rows)])}, "before any application"),
    ],
)
def test_data_that_cannot_make_a_model_is_one_clear_error(market, config, tmp_path, capsys, columns, message):
    folder = _changed_applications(market, tmp_path, **columns)
    assert train_main([str(config()), "--data", str(folder)]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert len(error.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_score_writes_parquet_and_csv_alike(card_path, tmp_path, sample_events):
    folder = tmp_path / "events"
    folder.mkdir()
    few = sample_events.applications.slice(0, 50).drop_columns(["outcome"])
    for name in ("amount", "instalment"):
        few = few.set_column(few.column_names.index(name), name, pa.compute.divide(few[name].cast(pa.float64()), 100.0))
    pq.write_table(few, folder / "applications.parquet")
    rows = [{"borrower_id": few["borrower_id"][0].as_py(), "time": "2024-01-01T00:00:00+00:00", "platform": "p",
             "kind": "purchase", "amount": 12.5}]  # fmt: skip
    pa.csv.write_csv(pa.Table.from_pylist(rows), folder / "transactions.csv")
    for suffix in ("parquet", "csv"):
        assert main(["score", str(card_path), str(folder), "--out", str(tmp_path / f"scores.{suffix}")]) == 0
    found = pq.read_table(tmp_path / "scores.parquet")
    assert found.num_rows == 50
    assert found["scorable"].to_pylist() == [b == few["borrower_id"][0].as_py() for b in few["borrower_id"].to_pylist()]
    assert pa.csv.read_csv(tmp_path / "scores.csv").num_rows == 50


def test_scores_on_record_are_in_the_ledger_or_not_written(card_path, tmp_path, capsys, monkeypatch):
    row = {"time": "2024-01-01T00:00:00+00:00", "platform": "p", "kind": "purchase", "amount": 12.5}
    pa.csv.write_csv(
        pa.Table.from_pylist([{**row, "borrower_id": f"b{i}"} for i in range(3)]), tmp_path / "transactions.csv"
    )
    out, ledger = tmp_path / "scores.csv", tmp_path / "ledger.db"
    monkeypatch.setenv("CREDITSCORE_PSEUDONYM_KEY", "0123456789abcdef" * 2)
    words = ["score", str(card_path), str(tmp_path), "--as-of", "2025-01-01T00:00:00+08:00", "--out", str(out)]
    on_record = [*words, "--ledger", str(ledger), "--recipient", "bank", "--purpose", "credit decision"]
    for wrong, message in (
        (on_record, "no such ledger; make one: python -m creditscore ledger create"),
        (on_record[:-2], "give --purpose: a ledger records"),
        ([*words, "--fee", "1"], "--fee: without --ledger nothing is recorded"),
        ([*on_record, "--fee", "much"], "fee: expected a number"),
    ):
        if wrong is not on_record:
            main(["ledger", "create", str(ledger), "--keeper", "agency"])
        capsys.readouterr()
        assert main(wrong) == 2
        assert message in capsys.readouterr().err
        assert not out.exists()
    assert main([*on_record, "--fee", "0.35", "--currency", "CNY"]) == 0
    assert pa.csv.read_csv(out)["ledger_entry"].to_pylist() == [1, 2, 3]
    capsys.readouterr()
    assert main(["ledger", "subject", str(ledger), "--borrower", "b1"]) == 0
    assert "2  20" in capsys.readouterr().out


def test_score_as_of_scores_every_borrower(card_path, tmp_path, capsys):
    row = {"time": "2024-01-01T00:00:00+00:00", "platform": "p", "kind": "purchase", "amount": 12.5}
    pa.csv.write_csv(
        pa.Table.from_pylist([{**row, "borrower_id": f"=b{i}"} for i in range(3)]), tmp_path / "transactions.csv"
    )
    out = tmp_path / "scores.csv"
    assert (
        main(["score", str(card_path), str(tmp_path), "--as-of", "2025-01-01T00:00:00+08:00", "--out", str(out)]) == 0
    )
    assert "3 applications, 0 not scorable" in capsys.readouterr().out
    assert '"\'=b0"' in out.read_text()


def test_score_says_what_is_wrong(card_path, tmp_path, capsys):
    assert main(["score", str(card_path), str(tmp_path), "--out", str(tmp_path / "x.txt")]) == 2
    assert "ends in .parquet or .csv" in capsys.readouterr().err
    assert main(["score", str(card_path), str(tmp_path / "none"), "--out", str(tmp_path / "x.csv")]) == 2
    assert "expected a folder with" in capsys.readouterr().err
    assert main(["score", str(tmp_path / "none.scorecard"), str(tmp_path), "--out", str(tmp_path / "x.csv")]) == 2
    assert "no such scorecard" in capsys.readouterr().err
    assert not (tmp_path / "x.csv").exists()


def test_features_lists_filters_and_gives_json(capsys):
    assert main(["features", "balance", "lowest"]) == 0
    assert "balance_smallest_90d" in capsys.readouterr().out
    assert main(["features", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert len(listed) >= 100
    assert {"name", "formula", "reason", "riskier", "unit", "en", "zh", "sensitivity", "family"} <= set(listed[0])


def test_inspect_profiles_files_and_drafts_their_mapping(capsys):
    assert main(["inspect", str(PROJECT / "data_samples" / "birch_instalments.csv.gz")]) == 0
    assert "amount_due: due_sum" in capsys.readouterr().out
    assert main(["inspect", "nowhere.csv"]) == 2
    assert "no such file" in capsys.readouterr().err


def test_simulate_makes_a_market(tmp_path, capsys):
    assert main(["simulate", str(tmp_path), "--borrowers", "50", "--seed", "3"]) == 0
    assert "best possible AUC" in capsys.readouterr().out
    assert main(["simulate", str(tmp_path), "--borrowers", "0"]) == 2


def test_verify_finds_a_damaged_file(card_path, tmp_path, capsys):
    damaged = tmp_path / "damaged.scorecard"
    damaged.write_bytes(card_path.read_bytes()[:-1_000])
    assert main(["verify", str(damaged)]) == 2
    assert "get it again" in capsys.readouterr().err


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)])
def test_every_command_has_help(command, capsys):
    with pytest.raises(SystemExit) as end:
        main([*command, "--help"])
    assert end.value.code == 0
    assert len(capsys.readouterr().out) > 150


_WITHOUT = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {names}:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Refuse())
"""
_TRAIN_EXTRA = ("lightgbm", "sklearn", "scipy", "pandas", "polars", "duckdb", "shap", "mlflow", "matplotlib", "jinja2",
                "rich", "pydantic", "yaml")  # fmt: skip


def _run_without_extra(code):
    return subprocess.run([sys.executable, "-W", "error", "-c", _WITHOUT.format(names=set(_TRAIN_EXTRA)) + code],
                          capture_output=True, text=True, check=False, cwd=PROJECT)  # fmt: skip


def test_training_without_the_extra_is_told_so_in_one_line():
    code = "from creditscore.train import main; sys.exit(main(['configs/sample.yaml']))"
    found = _run_without_extra(code)
    assert found.returncode == 2
    assert "pip install 'creditscore[train]'" in found.stderr
    assert len(found.stderr.strip().splitlines()) == 1


def test_scoring_needs_numpy_numba_and_pyarrow_only(card_path):
    code = f"""
import creditscore
from creditscore.scoring.conformance import replay
card = creditscore.load({str(card_path)!r})
print(replay(card))
"""
    found = _run_without_extra(code)
    assert found.stderr == ""
    assert found.stdout.strip() == "[]"


def test_a_store_is_written_added_to_and_scored_from(card_path, tmp_path, capsys):
    store = tmp_path / "store"
    for times in (1, 2):
        assert main(["store", str(SAMPLE), str(store)]) == 0
        assert f"{times} times added to" in capsys.readouterr().out
    scores = {source: tmp_path / f"from_{source.stem}.csv" for source in (SAMPLE, store)}
    for source, out in scores.items():
        assert main(["score", str(card_path), str(source), "--out", str(out)]) == 0
    assert scores[SAMPLE].read_bytes() == scores[store].read_bytes()
