"""Creditworthiness scores with reasons, from the histories that internet platforms hold.

>>> import creditscore
>>> creditscore.features.CATALOGUE[0].name
'spending_total_30d'
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from creditscore import features as features
    from creditscore.estimators import CreditModel as CreditModel
    from creditscore.estimators import FeatureBuilder as FeatureBuilder
    from creditscore.events.databases import DatabaseTable as DatabaseTable
    from creditscore.events.load import Source as Source
    from creditscore.events.load import load_events as load_events
    from creditscore.events.schema import Events as Events
    from creditscore.events.store import Store as Store
    from creditscore.events.store import open_store as open_store
    from creditscore.events.storing import store_events as store_events
    from creditscore.explanation import explain as explain
    from creditscore.features.build import build_features as build_features
    from creditscore.ledger import Inquiry as Inquiry
    from creditscore.ledger import create_ledger as create_ledger
    from creditscore.ledger import open_ledger as open_ledger
    from creditscore.scorecard import Scorecard as Scorecard
    from creditscore.scorecard import load as load
    from creditscore.scorecard import save as save
    from creditscore.scoring.changes import Comparison as Comparison
    from creditscore.scoring.comparison import compare_cards as compare_cards
    from creditscore.scoring.comparison import compare_dates as compare_dates
    from creditscore.scoring.nearest import Counterfactual as Counterfactual
    from creditscore.scoring.replay import replay as replay
    from creditscore.scoring.result import Reason as Reason
    from creditscore.scoring.result import Score as Score
    from creditscore.scoring.score import score as score
    from creditscore.scoring.score import score_features as score_features
    from creditscore.scoring.wanted import counterfactual as counterfactual

__version__ = "0.1.0"

_HOMES = {
    "Comparison": "creditscore.scoring.changes",
    "Counterfactual": "creditscore.scoring.nearest",
    "CreditModel": "creditscore.estimators",
    "DatabaseTable": "creditscore.events.databases",
    "Events": "creditscore.events.schema",
    "FeatureBuilder": "creditscore.estimators",
    "Inquiry": "creditscore.ledger",
    "Reason": "creditscore.scoring.result",
    "Score": "creditscore.scoring.result",
    "Scorecard": "creditscore.scorecard",
    "Source": "creditscore.events.load",
    "Store": "creditscore.events.store",
    "build_features": "creditscore.features.build",
    "compare_cards": "creditscore.scoring.comparison",
    "compare_dates": "creditscore.scoring.comparison",
    "counterfactual": "creditscore.scoring.wanted",
    "create_ledger": "creditscore.ledger",
    "explain": "creditscore.explanation",
    "load": "creditscore.scorecard",
    "load_events": "creditscore.events.load",
    "open_ledger": "creditscore.ledger",
    "open_store": "creditscore.events.store",
    "replay": "creditscore.scoring.replay",
    "save": "creditscore.scorecard",
    "score": "creditscore.scoring.score",
    "score_features": "creditscore.scoring.score",
    "store_events": "creditscore.events.storing",
}
__all__ = [*_HOMES, "__version__", "features"]


def __getattr__(name: str) -> Any:
    if name == "features":
        return importlib.import_module("creditscore.features")
    if name not in _HOMES:
        raise AttributeError(f"module 'creditscore' has no attribute '{name}'")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
