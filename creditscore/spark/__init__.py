"""Features and scores over a Spark cluster: the same kernel in every worker, the same bits as on one machine.

All tables travel as one stream, put by borrower and sorted, into `mapInArrow`; what Arrow's batches cut in two is put
together again. Install `creditscore[spark]` here, and `creditscore` where the workers are.
"""

from creditscore.spark.features import build_features
from creditscore.spark.scores import score

__all__ = ["build_features", "score"]
