"""Does a score treat groups alike? On attributes that are never inputs: they are read here, and nowhere else."""

from creditscore.validation.fairness.gaps import group_gaps, with_verdicts
from creditscore.validation.fairness.groups import groups_of
from creditscore.validation.fairness.proxies import proxies, told_together

__all__ = ["group_gaps", "groups_of", "proxies", "told_together", "with_verdicts"]
