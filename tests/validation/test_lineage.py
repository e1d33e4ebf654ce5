"""The lineage as CSV, JSON and Markdown."""

import csv
import io
import json
from dataclasses import replace

from creditscore.features import count, transactions
from creditscore.governance.basis import ConsentRule
from creditscore.governance.rules import Rules
from creditscore.validation.lineage import lineage_rows, to_csv, to_json, to_markdown
from tests.scorecard.small import small_card


def test_csv_and_json_hold_the_same_rows_a_feature_in_its_order():
    card = small_card()
    rows = lineage_rows(card)
    assert list(csv.DictReader(io.StringIO(to_csv(rows)))) == rows == json.loads(to_json(rows))
    assert list(dict.fromkeys(row["feature"] for row in rows)) == list(card.plan.names)


def under(rule):
    """By table, the basis, purpose and recipient that the lineage states."""
    card = replace(small_card(), rules=Rules(consent=rule))
    return {row["table"]: (row["basis"], row["purpose"], row["recipient"]) for row in lineage_rows(card)}


def test_each_table_is_told_with_its_own_grounds():
    signed = "signed with the application"
    stated = under(ConsentRule(basis=signed, families=("trips",)))
    assert stated["trips"] == (signed, "as the basis says", "as the basis says")
    assert stated["transactions"] == ("ordinary data alone: no consent was stated", "not stated", "not stated")
    recorded = under(ConsentRule(records=True, purpose="credit"))
    own = recorded.pop("applications")
    assert (
        own == stated["applications"] == ("the applicant's own application", "to decide on it", "whom it was made to")
    )
    assert set(recorded.values()) == {("consent records", "credit", "as each record names it")}


def test_words_of_strangers_break_neither_a_table_nor_a_spreadsheet():
    (feature,) = count(transactions.where(category="=a|<b>"), days=30, name="odd", en="Odd")
    rows = lineage_rows(replace(small_card(), features=(feature,)))
    rows = [{**row, "filter": "=a|<b>"} for row in rows]
    assert "'=a|<b>" in to_csv(rows)
    table = to_markdown(rows, ("feature", "filter"))
    assert "=a\\|&lt;b>" in table
    assert table.splitlines()[0] == "| feature | filter |"
