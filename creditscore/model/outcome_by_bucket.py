"""Outcomes made from the obligations of events in memory, or of a store, a bucket of borrowers at a time."""

from __future__ import annotations

import pyarrow as pa

from creditscore.events.schema import Events
from creditscore.events.store import Store
from creditscore.features.groups import buckets_of
from creditscore.model.outcome import OutcomeDefinition, Outcomes, joined, outcomes_of


def outcomes_from(definition: OutcomeDefinition, events: Events | Store, applications: pa.Table) -> Outcomes:
    """The outcome of each application, in their order, as `outcomes_of` makes it."""
    if isinstance(events, Events):
        return outcomes_of(definition, events.obligations, applications)
    parts = buckets_of(events.only(["obligations"]), applications)
    own = [(rows, outcomes_of(definition, part.obligations, applications.take(pa.array(rows)))) for rows, part in parts]
    return joined(own)
