"""What gaming buys: made-up events added to real histories, built and scored again, against what they cost."""

from creditscore.validation.manipulation.effect import Gaming, drawn, gaming
from creditscore.validation.manipulation.schemes import Costs, Move, Scheme, schemes_of

__all__ = ["Costs", "Gaming", "Move", "Scheme", "drawn", "gaming", "schemes_of"]
