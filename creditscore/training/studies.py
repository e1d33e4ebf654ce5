"""What the report looks into beyond the scores, as the config asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from creditscore.config import TrainConfig
from creditscore.errors import ConfigError
from creditscore.events.schema import Events
from creditscore.events.store import Store
from creditscore.features.plan import make_plan
from creditscore.governance.gate import govern_source
from creditscore.scorecard import Scorecard, load
from creditscore.training.prepared import Prepared
from creditscore.training.reason_stability import reason_stability
from creditscore.training.worth import family_worth
from creditscore.validation.report.day_earlier import day_earlier
from creditscore.validation.report.rival import CHAMPION, rival_of
from creditscore.validation.report.studies import Studies


def studies_of_events(
    config: TrainConfig, path: Path, events: Events | Store, prepared: Prepared, scratch: Path
) -> Studies:
    """What only the events tell: features a day earlier, and a champion's scores.

    Raises ConfigError where the champion's file is missing.
    """
    asked, limit = config.report, config.memory_limit
    plan, day = make_plan(prepared.features, config.rules.retention), None
    if asked.last_day:
        usable = govern_source(events, config.rules)
        day = day_earlier(plan, usable, prepared.applications, prepared.outcome, limit, prepared.allowed)
    if asked.champion is None:
        return Studies(day_earlier=day)
    champion = _champion(path, asked.champion)
    return Studies(day, rival_of(champion, events, prepared.applications, CHAMPION, scratch, limit, prepared.allowed))


def studies_of_model(
    config: TrainConfig, prepared: Prepared, card: Scorecard, made: Studies, tell: Callable[[str], None]
) -> Studies:
    """What models fitted again tell, beside what was made already; `tell` is told what was done."""
    found = made
    if config.report.family_worth and _has_both(prepared):
        found = replace(found, families=family_worth(config, prepared))
        tell("worth of each data family")
    if config.report.reason_stability:
        found = replace(found, reasons=reason_stability(config, prepared, card))
        tell("stability of reasons")
    return found


def _has_both(prepared: Prepared) -> bool:
    """Whether there are both goods and bads out of time, to tell apart with and without a family."""
    return len(np.unique(prepared.outcome[prepared.known("test")])) == 2


def _champion(path: Path, name: str) -> Scorecard:
    file = path.parent / name
    if not file.is_file():
        raise ConfigError(f"report.champion: no such file: {file}; give a .scorecard file, relative to the config")
    return load(file)
