"""The page, and its figures as JSON beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas
from jinja2 import Environment, PackageLoader, StrictUndefined

from creditscore.atomic import write_whole
from creditscore.validation.report.facts import complete
from creditscore.validation.report.findings import Quarantine, findings
from creditscore.validation.report.origin import Origin
from creditscore.validation.report.pictures import pictures
from creditscore.validation.report.samples import OUT_OF_TIME, SAMPLES
from creditscore.validation.report.studies import NONE, Studies
from creditscore.validation.report.summary import summary
from creditscore.validation.report.words import (
    chance,
    count,
    ends,
    figure,
    interval,
    percent,
    percent_ends,
    signed,
    signed_ends,
)


def write_report(
    path: str | Path,
    scored: pandas.DataFrame,
    facts: Mapping[str, Any],
    importance: pandas.DataFrame,
    quarantine: Quarantine,
    read: Mapping[str, int] | None = None,
    origin: Origin | None = None,
    studies: Studies = NONE,
) -> dict[str, Any]:
    """Write the report to `path`, its figures beside it as .json, each whole or not at all, and return the figures.

    They are `findings` of the same arguments.
    """
    found = findings(scored, facts, importance, quarantine, read, origin, studies)
    page = rendered(
        "page.html.j2",
        facts=complete(facts),
        found=found,
        summary=summary(found),
        samples=SAMPLES,
        late=OUT_OF_TIME,
        plots=pictures(scored, found, None if origin is None else origin.card, studies.rival),
    )
    write_both(Path(path), page, found)
    return found


def rendered(template: str, **content: Any) -> str:
    """A template of this folder, filled in."""
    environment = Environment(
        loader=PackageLoader("creditscore.validation.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"percent": percent, "figure": figure, "interval": interval, "count": count}
    environment.filters |= {"signed": signed, "chance": chance}
    environment.globals |= {"ends": ends, "percent_ends": percent_ends, "signed_ends": signed_ends}
    return environment.get_template(template).render(**content)


def write_both(path: Path, page: str, found: Mapping[str, Any]) -> None:
    """The page, and the figures beside it under the same name as .json."""
    text = json.dumps(found, allow_nan=False, ensure_ascii=False, indent=1) + "\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, page.encode())
    write_whole(path.with_suffix(".json"), text.encode())
