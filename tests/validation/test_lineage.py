"""The lineage as CSV, JSON and Markdown."""

import csv
import io
import json
from dataclasses import replace

from creditscore.features import count, transactions
from creditscore.validation.lineage import NOT_STATED, lineage_rows, to_csv, to_json, to_markdown
from tests.scorecard.small import small_card


def test_csv_and_json_hold_the_same_rows_a_feature_in_its_order():
    card = small_card()
    rows = lineage_rows(card)
    assert list(csv.DictReader(io.StringIO(to_csv(rows)))) == rows == json.loads(to_json(rows))
    assert list(dict.fromkeys(row["feature"] for row in rows)) == list(card.plan.names)
    assert {row["consent"] for row in rows} == {NOT_STATED}


def test_the_consent_stated_in_the_scorecard_is_told():
    card = replace(small_card(), facts={**small_card().facts, "consent": "signed with the application"})
    assert {row["consent"] for row in lineage_rows(card)} == {"signed with the application"}


def test_words_of_strangers_break_neither_a_table_nor_a_spreadsheet():
    (feature,) = count(transactions.where(category="=a|<b>"), days=30, name="odd", en="Odd")
    rows = lineage_rows(replace(small_card(), features=(feature,)))
    rows = [{**row, "filter": "=a|<b>"} for row in rows]
    assert "'=a|<b>" in to_csv(rows)
    table = to_markdown(rows, ("feature", "filter"))
    assert "=a\\|&lt;b>" in table
    assert table.splitlines()[0] == "| feature | filter |"
