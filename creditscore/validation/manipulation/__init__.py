"""What gaming buys: made-up events added to real histories, built and scored again, against what they cost."""

from creditscore.validation.manipulation.effect import Gaming, drawn, gaming, has_histories
from creditscore.validation.manipulation.schemes import Costs, Move, Scheme, schemes_of

__all__ = ["Costs", "Gaming", "Move", "Scheme", "drawn", "gaming", "has_histories", "schemes_of"]
