"""A scorecard's lineage as a table: from where each feature comes, of which class, under which consent."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from creditscore.features.lineage import lineage_of
from creditscore.governance.basis import Grounds
from creditscore.scorecard import Scorecard

_OF_APPLICATION = Grounds("the applicant's own application", "to decide on it", "whom it was made to")


def lineage_rows(card: Scorecard) -> list[dict[str, str]]:
    """A row a number that a feature is made of: feature, what it says, reason, table, columns, filter, window …"""
    said = {feature.name: feature.en for feature in card.features}
    return [
        {
            "feature": line.feature,
            "description": said[line.feature],
            "reason": line.reason,
            "table": line.table,
            "columns": " ".join(line.columns),
            "filter": line.picked,
            "window": line.window,
            "word": line.word,
            "class": line.needs,
            "reads_up_to": line.reads_up_to,
            **grounds_of(card, line.table),
        }
        for line in lineage_of(card.features, card.rules.categories)
    ]


def grounds_of(card: Scorecard, table: str) -> dict[str, str]:
    """On what basis, for which purpose and to which recipient a table's data are used, by the scorecard's rules."""
    if table == "applications":
        return _OF_APPLICATION._asdict()
    return card.rules.consent.grounds(table)._asdict()


def to_csv(rows: list[dict[str, str]]) -> str:
    """A text that a spreadsheet would run as a formula gets a leading quote."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(
        {name: f"'{value}" if value[:1] in ("=", "+", "-", "@") else value for name, value in row.items()}
        for row in rows
    )
    return text.getvalue()


def to_json(rows: list[dict[str, str]]) -> str:
    return json.dumps(rows, ensure_ascii=False, indent=1) + "\n"


def to_markdown(rows: list[dict[str, Any]], columns: tuple[str, ...] | None = None) -> str:
    """All columns, or those named."""
    names = columns or tuple(rows[0])
    lines = ["| " + " | ".join(_cell(row[name]) for name in names) + " |" for row in rows]
    return "\n".join(["| " + " | ".join(names) + " |", "|---" * len(names) + "|", *lines, ""])


def _cell(text: str) -> str:
    """Words come from strangers: neither a cell's end nor a tag."""
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
