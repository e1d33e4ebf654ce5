"""A made market: platforms of three kinds, borrowers with habits and troubles, loans, and a truth that is known.

`alder` is for payments and mini-shops, `birch` a retailer, `cedar` sells food and travel; each exports in its own way.
Whether a loan turns bad is drawn from a PD that is a function of behaviour before the application, and of nothing else.
"""

from creditscore.events.simulate.market import Market, simulate
from creditscore.events.simulate.outcome import best_possible_auc

__all__ = ["Market", "best_possible_auc", "simulate"]
