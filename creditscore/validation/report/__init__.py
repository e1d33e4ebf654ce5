"""The validation report: one HTML file that needs nothing else, and the same figures as JSON beside it.

The same inputs give the same bytes: no clock, no random ids.
"""

from creditscore.validation.report.findings import findings, run_metrics
from creditscore.validation.report.neutrality import Platforms
from creditscore.validation.report.origin import Origin
from creditscore.validation.report.page import write_report

__all__ = ["Origin", "Platforms", "findings", "run_metrics", "write_report"]
