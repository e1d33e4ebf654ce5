"""python -m creditscore score with consent records."""

import polars
import pyarrow.parquet
import pytest

from creditscore.__main__ import main
from creditscore.events.schema import EVENT_TABLES
from creditscore.scoring.conformance import AS_OF, made_history


@pytest.fixture
def folder(tmp_path):
    for name, rows in made_history(30).items():
        polars.DataFrame([{"borrower_id": who, **row} for who in ("a", "b") for row in rows]).write_parquet(
            tmp_path / f"{name}.parquet"
        )
    shared = {"purpose": "credit", "recipient": "bank", "separate": True, "written": True,
              "given_at": "2020-01-01T00:00:00Z"}  # fmt: skip
    records = [{**shared, "borrower_id": "a", "family": name} for name in EVENT_TABLES]
    polars.DataFrame([*records, {**records[0], "borrower_id": "b"}]).write_csv(tmp_path / "consents.csv")
    return tmp_path


def run(card_path, folder, *more):
    return main(["score", str(card_path), str(folder), "--as-of", AS_OF.isoformat(), "--quiet", "--out",
                 str(folder / "scores.parquet"), *more])  # fmt: skip


def test_what_consents_do_not_allow_is_withheld_and_told(card_path, folder):
    consents = ["--consents", str(folder / "consents.csv"), "--purpose", "credit", "--recipient", "bank"]
    assert run(card_path, folder, *consents) == 0
    rows = {row["application_id"]: row for row in pyarrow.parquet.read_table(folder / "scores.parquet").to_pylist()}
    assert (rows["a"]["scorable"], rows["a"]["withheld"]) == (True, None)
    assert (rows["b"]["scorable"], rows["b"]["withheld"]) == (False, "trips; obligations")


def test_consents_need_a_recipient_and_terms_need_consents(card_path, folder, capsys):
    assert run(card_path, folder, "--consents", str(folder / "consents.csv"), "--purpose", "credit") == 2
    assert "give purpose= and recipient=" in capsys.readouterr().err
    assert run(card_path, folder, "--recipient", "bank") == 2
    assert "without --ledger nothing is recorded" in capsys.readouterr().err
