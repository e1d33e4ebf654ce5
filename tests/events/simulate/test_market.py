from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

from creditscore.errors import InputError
from creditscore.events.simulate import simulate
from creditscore.events.simulate.export import EXPORTS


def _read(path: Path) -> pa.Table:
    if path.suffix != ".parquet":
        return pa.csv.read_csv(path, convert_options=pa.csv.ConvertOptions(column_types={"closed": pa.string()}))
    table = pq.read_table(path)
    plain = [column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column for column in table.columns]
    return pa.table(plain, names=table.column_names)


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    simulate(tmp_path / "one", borrowers=150, seed=3)
    simulate(tmp_path / "two", borrowers=150, seed=3)
    for name in EXPORTS:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name


def test_another_seed_makes_other_borrowers(tmp_path: Path) -> None:
    simulate(tmp_path / "one", borrowers=50, seed=3)
    simulate(tmp_path / "two", borrowers=50, seed=4)
    one, two = (_read(tmp_path / folder / "applications.parquet") for folder in ("one", "two"))
    assert set(one["borrower_id"].to_pylist()).isdisjoint(two["borrower_id"].to_pylist())


@pytest.mark.parametrize("smaller", [90, 1_000])
def test_a_smaller_market_is_the_beginning_of_a_larger_one(tmp_path: Path, market: Path, smaller: int) -> None:
    simulate(tmp_path, borrowers=smaller, seed=8)
    for name in EXPORTS:
        beginning = _read(tmp_path / name)
        assert 0 < beginning.num_rows < _read(market / name).num_rows
        assert beginning.equals(_read(market / name).slice(0, beginning.num_rows)), name


def test_bads_are_rare_and_the_truth_ranks_them_as_well_as_real_scores_do(tmp_path: Path) -> None:
    made = simulate(tmp_path, borrowers=4_000, seed=2)
    assert 0.03 < made.bad_rate < 0.08
    assert 0.72 < made.best_possible_auc < 0.82


def test_market_counts_the_rows_of_its_files(tmp_path: Path) -> None:
    made = simulate(tmp_path, borrowers=60, seed=2)
    assert dict(made.rows) == {name: _read(tmp_path / name).num_rows for name in EXPORTS}
    outcomes = _read(tmp_path / "applications.parquet")["outcome"].to_pylist()
    assert made.bad_rate == sum(outcomes) / len(outcomes)


def test_truth_lies_beside_the_applications_row_by_row(market: Path) -> None:
    applications, truth = (_read(market / name) for name in ("applications.parquet", "truth.parquet"))
    assert truth["application_id"].equals(applications["application_id"])
    assert len(set(truth["application_id"].to_pylist())) == truth.num_rows


def test_borrowers_have_one_to_three_applications_and_some_have_thin_files(market: Path) -> None:
    applicants = _read(market / "applications.parquet")["borrower_id"].value_counts().to_pylist()
    assert len(applicants) == 1_200
    assert {applicant["counts"] for applicant in applicants} == {1, 2, 3}
    for name, column in (("alder_transactions.parquet", "用户"), ("cedar_orders.parquet", "user_id")):
        assert 500 < len(_read(market / name)[column].unique()) < 1_150


def test_progress_is_told_after_every_block(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    simulate(tmp_path, borrowers=1_001, seed=1, progress=lambda done, total: told.append((done, total)))
    assert told == [(1_000, 1_001), (1_001, 1_001)]


@pytest.mark.parametrize(("borrowers", "seed"), [(0, 1), (-5, 1), (10**9 + 1, 1), (5, -1)])
def test_impossible_sizes_and_seeds_are_refused(tmp_path: Path, borrowers: int, seed: int) -> None:
    with pytest.raises(InputError, match="borrowers"):
        simulate(tmp_path / "market", borrowers=borrowers, seed=seed)
    assert not (tmp_path / "market").exists()


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "customers.csv").write_text("theirs")
    with pytest.raises(InputError, match=r"customers\.csv"):
        simulate(tmp_path, borrowers=5)
    assert [path.name for path in tmp_path.iterdir()] == ["customers.csv"]


def test_an_earlier_market_is_replaced_and_its_readme_kept(tmp_path: Path) -> None:
    simulate(tmp_path, borrowers=20, seed=1)
    (tmp_path / "README.md").write_text("made")
    before = (tmp_path / "applications.parquet").read_bytes()
    simulate(tmp_path, borrowers=20, seed=2)
    assert (tmp_path / "applications.parquet").read_bytes() != before
    assert {path.name for path in tmp_path.iterdir()} == {"README.md", *EXPORTS}
