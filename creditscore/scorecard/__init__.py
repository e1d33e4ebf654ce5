"""The scorecard: one file with all that a score needs, the same bytes from the same training, verified on loading."""

from creditscore.scorecard.card import Scorecard
from creditscore.scorecard.file import load, save

__all__ = ["Scorecard", "load", "save"]
