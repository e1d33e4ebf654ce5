"""A skeleton of the impact assessment that the Personal Information Protection Law asks for (articles 55 and 56).

What the scorecard knows is filled in; what only people can judge is asked, and left open.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from creditscore.scorecard import Scorecard
from creditscore.validation.lineage import grounds_of, lineage_rows, to_markdown

OPEN = "_To be written._"
_HEAD = """# Impact assessment: {model}

A skeleton, made from the scorecard `{model}` (`{digest}`). It follows articles 55 and 56 of the Personal Information
Protection Law of China. It is no legal advice and no assessment: whoever processes the data judges, signs and keeps it,
with the record of the processing, for at least three years.

| | |
|---|---|
| Processor, and who assesses | {open} |
| Date, and date of the next review | {open} |
| Population | {population} |
| What is predicted | going bad within {months} months |
| Why an assessment is due (article 55) | {why} |
"""


def impact_page(card: Scorecard) -> str:
    """The skeleton as a Markdown page."""
    rows = lineage_rows(card)
    head = _HEAD.format(
        model=card.model_id,
        digest=card.digest or "not saved yet",
        open=OPEN,
        population=card.facts.get("population", "not stated"),
        months=card.facts.get("pd_horizon_months", "an unstated number of"),
        why=_why(row["class"] for row in rows),
    )
    return "\n".join([head, *_necessity(card, rows), *_effect(card), *_measures(card), *_lineage(rows)])


def _why(classes: Iterable[str]) -> str:
    sensitive = {"separate consent", "written consent"} & set(classes)
    reasons = ["sensitive personal information"] if sensitive else []
    return ", ".join(
        [*reasons, "automated decision making", "provision to another party, where scores are given to lenders"]
    )


def _necessity(card: Scorecard, rows: list[dict[str, str]]) -> list[str]:
    read = Counter((row["table"], row["class"]) for row in _once(rows))
    listed = [
        {"table": table, "class": kind, "features": f"{count}", **grounds_of(card, table)}
        for (table, kind), count in sorted(read.items())
    ]
    return [
        "## 1. Purpose and means: lawful, legitimate, necessary? (article 56, 1)\n",
        f"- Purpose: {OPEN}",
        f"- Consent, or another basis, by table below; in all: {card.rules.consent.text}",
        f"- Why each table below is necessary for the purpose, and why less would not do: {OPEN}\n",
        to_markdown(listed),
        *_left_out(card),
    ]


def _once(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """A row a feature and table."""
    return list({(row["feature"], row["table"]): row for row in rows}.values())


def _left_out(card: Scorecard) -> list[str]:
    left_out: list[list[Any]] = card.facts.get("rows_left_out", [])
    counts = [f"- {rows:,} rows of {table} from {platform}: {why}" for table, platform, why, rows in left_out]
    notice = card.facts.get("notice", {})
    return [
        "Left out of the training before any feature was made:\n",
        *(counts or ["- no rows"]),
        "",
        f"Obligations that are negative information: {notice.get('negative', 0):,}; of {notice.get('without', 0):,} of "
        f"these nobody says when their subject was told (Regulation on the Credit Reporting Industry, article 15).\n",
    ]


def _effect(card: Scorecard) -> list[str]:
    return [
        "## 2. Effect on people's rights and interests, and risks (article 56, 2)\n",
        f"- Who is affected, and how: a score between {card.scale.lowest} and {card.scale.highest} points, with "
        f"at most four reasons, that a lender may use. {OPEN}",
        f"- Explanation and human review on request (article 24): every score is the sum of its reasons. {OPEN}",
        f"- Differences between groups, between platforms, and how they were tested: {OPEN}",
        f"- Wrong or outdated data, and disputes: {OPEN}",
        f"- Disclosure, loss or misuse of the histories and scores: {OPEN}\n",
    ]


def _measures(card: Scorecard) -> list[str]:
    categories = card.rules.categories
    return [
        "## 3. Measures: lawful, effective, fitting the risk? (article 56, 3)\n",
        f"- Rows of prohibited categories never reach a feature, nor do those of unknown ones: table "
        f"{categories.version}, {len(categories.words):,} words, {len(categories.own):,} of the agency's own.",
        "- Platforms, merchants, cities and places are counted, never picked out.",
        "- The scorecard holds no person's row: distributions and counts alone.",
        f"- Access, encryption, retention and deletion where the data are kept: {OPEN}\n",
    ]


def _lineage(rows: list[dict[str, str]]) -> list[str]:
    columns = ("feature", "table", "columns", "filter", "window", "class", "reads_up_to", "reason", "basis")
    return ["## Annex: where each feature comes from\n", to_markdown(rows, columns)]
