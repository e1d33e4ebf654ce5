"""Outcomes made from the obligations of events in memory, or of a store, a bucket of borrowers at a time."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa

from creditscore.events.schema import Events
from creditscore.events.store import PartFacts, Store
from creditscore.features.groups import buckets_of
from creditscore.model.outcome import OutcomeDefinition, Outcomes, joined, outcomes_of


def outcomes_from(definition: OutcomeDefinition, events: Events | Store, applications: pa.Table) -> Outcomes:
    """The outcome of each application, in their order, as `outcomes_of` makes it."""
    if isinstance(events, Events):
        return outcomes_of(definition, events.obligations, applications)
    parts = buckets_of(_obligations_alone(events), applications)
    own = [(rows, outcomes_of(definition, part.obligations, applications.take(pa.array(rows)))) for rows, part in parts]
    return joined(own)


def _obligations_alone(store: Store) -> Store:
    """The store without its other tables, so that a bucket is read without them."""
    parts = (
        PartFacts(part.name, {name: facts for name, facts in part.tables.items() if name == "obligations"})
        for part in store.facts.parts
    )
    return Store(store.folder, replace(store.facts, parts=tuple(parts)))
