"""What banks call: `score` and `score_features`, and what they give back."""

from creditscore.scoring.result import Reason, Score
from creditscore.scoring.score import score, score_features

__all__ = ["Reason", "Score", "score", "score_features"]
