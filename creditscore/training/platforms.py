"""What the report says of platforms: who supplied what of whom, and, where the config asks, what it is worth."""

from __future__ import annotations

from collections.abc import Callable

from creditscore.config import TrainConfig
from creditscore.events.schema import Events
from creditscore.events.store import Store
from creditscore.governance.gate import govern_source
from creditscore.training.platform_worth import platform_worth
from creditscore.training.prepared import Prepared
from creditscore.validation.neutrality.membership import membership
from creditscore.validation.report import Platforms


def platforms_of(
    config: TrainConfig, events: Events | Store, prepared: Prepared, progress: Callable[[str], None] | None = None
) -> Platforms:
    """Row for row with the applications of `prepared`; their worth where `config.neutrality.worth` is set."""
    asked, events = config.neutrality, govern_source(events, config.rules)
    members = membership(events, prepared.applications, prepared.allowed)
    worth = platform_worth(config, events, prepared, members, progress=progress) if asked.worth else None
    return Platforms(members, asked.limit, worth)
