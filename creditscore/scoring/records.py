"""The records behind a score's reasons: which events fed the features that each came from, by their ids."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from creditscore.events.schema import Events
from creditscore.features.evidence import Keys, events_behind
from creditscore.scorecard import Scorecard
from creditscore.scoring.result import Reason, Record, Score


def with_records(card: Scorecard, found: Score, events: Events, as_of: dt.datetime) -> Score:
    """The score, each feature behind a reason with the ids of the events that fed it, by table and oldest first."""
    told = (*found.reasons, *found.key_factors)
    asked = {one.feature for reason in told for one in reason.evidence}
    behind = events_behind(
        [feature for feature in card.features if feature.name in asked], events, as_of, card.rules.retention
    )
    return replace(
        found,
        reasons=tuple(_with_records(reason, behind) for reason in found.reasons),
        key_factors=tuple(_with_records(reason, behind) for reason in found.key_factors),
    )


def _with_records(reason: Reason, behind: dict[str, Keys]) -> Reason:
    evidence = tuple(one._replace(records=_records(behind.get(one.feature, {}))) for one in reason.evidence)
    return replace(reason, evidence=evidence)


def _records(keys: Keys) -> tuple[Record, ...]:
    return tuple(Record(table, key.platform, key.event_id) for table, own in keys.items() for key in own)
