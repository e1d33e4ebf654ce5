"""The registered model: code and the scorecard, with own features' modules, in process and served."""

import json
import urllib.request
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from creditscore.registry.model import copied
from creditscore.scorecard import save
from creditscore.scoring import score_features
from creditscore.training import example_of, fit
from tests.registry.made import QUIET, free_port, started

pytestmark = QUIET

OWN_MODULE = """
import numpy as np
from creditscore.features import feature, transactions
from {package}.days import DAY

@feature(transactions, days=90, reason="S01", name="own_gap")
def own_gap(transactions):
    return np.diff(transactions.time).max() / 1e6 if len(transactions) > 1 else 0.0
"""


def test_model_is_code_and_the_scorecard_and_no_pickle(recorded):
    kept = {path.name for path in (recorded.made.folder / "runs" / "mlflow-artifacts").rglob("*") if path.is_file()}
    assert {recorded.made.card_path.name, "scorecard_model.py", "MLmodel", "input_example.json"} <= kept
    assert not [name for name in kept if Path(name).suffix in {".pkl", ".pickle"}]


@pytest.fixture(scope="module")
def own(tmp_path_factory, sample_config, prepared):
    """A scorecard with a feature function of a package's, beside files that are no code."""
    folder = tmp_path_factory.mktemp("own")
    package = folder / "agency_made"
    package.mkdir()
    for name, text in {
        "__init__.py": "",
        "days.py": "DAY = 86_400e6\n",
        "secrets.txt": "secret",
        "own.py": OWN_MODULE.format(package="agency_made"),
    }.items():
        (package / name).write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        from agency_made.own import own_gap

        few = sample_config.model_copy(
            update={"model": sample_config.model.model_copy(update={"params": {"num_iterations": 5}}), "cut_off": None}
        )
        features = (*own_gap, *prepared.features[1:8])
        kept = replace(prepared, features=features, matrix=np.ascontiguousarray(prepared.matrix[:, :8]))
        card = save(fit(few, kept).card, folder / "own.scorecard")
        yield folder, card, example_of(kept)


def test_code_of_own_features_travels_and_serves_where_it_is_not_installed(recorded, own, tmp_path):
    folder, card, example = own
    run = recorded.made.log(recorded.store, name="own-card", card_path=folder / "own.scorecard", input_example=example)
    kept = {path.name for path in (recorded.made.folder / "runs" / "mlflow-artifacts").rglob("agency_made/*")}
    assert {"__init__.py", "days.py", "own.py"} <= kept
    assert "secrets.txt" not in kept
    port = free_port()
    serve = ["models", "serve", "-m", f"models:/own-card/{run.version}", "--env-manager", "local", "-p", str(port)]
    body = json.dumps({"dataframe_split": json.loads(example.to_json(orient="split"))}).encode()
    at = f"http://127.0.0.1:{port}"
    request = urllib.request.Request(f"{at}/invocations", body, {"Content-Type": "application/json"})
    with (
        started([*serve, "--host", "127.0.0.1"], f"{at}/ping", tmp_path, MLFLOW_TRACKING_URI=recorded.store),
        urllib.request.urlopen(request, timeout=60) as response,
    ):
        served = json.load(response)["predictions"]
    expected = score_features(card, example)
    assert [row["points"] for row in served] == expected["points"].tolist()
    assert [row["pd"] for row in served] == expected["pd"].tolist()


def test_of_a_module_that_is_one_file_only_that_file_travels(tmp_path, monkeypatch):
    (tmp_path / "agency_alone.py").write_text("A = 1\n", encoding="utf-8")
    (tmp_path / "neighbour.py").write_text("B = 1\n", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    import agency_alone  # noqa: F401

    copies = tmp_path / "copies"
    copies.mkdir()
    assert copied(["agency_alone"], copies) == [str(copies / "agency_alone.py")]
    assert (copies / "agency_alone.py").read_text(encoding="utf-8") == "A = 1\n"
