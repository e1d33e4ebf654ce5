"""What banks call: `score` and `score_features`, why a score changed, and what they give back."""

from creditscore.scoring.changes import Comparison
from creditscore.scoring.comparison import compare_cards, compare_dates
from creditscore.scoring.result import Reason, Score
from creditscore.scoring.score import score, score_features

__all__ = ["Comparison", "Reason", "Score", "compare_cards", "compare_dates", "score", "score_features"]
