"""From a config to a scorecard, its report and its registration: the steps of training, in order."""

from creditscore.training.engine import check_engine
from creditscore.training.facts import facts_of
from creditscore.training.fairness import Search, approval_rate, less_discriminatory, protected_groups, search_facts
from creditscore.training.gaming import gaming_facts, gaming_of, players_of
from creditscore.training.necessity import Minimal, minimal, minimal_facts
from creditscore.training.platforms import platforms_of
from creditscore.training.prepared import Prepared, chosen_features, example_of, prepare
from creditscore.training.progress import Progress
from creditscore.training.recalibration import log_odds_of, recalibrate
from creditscore.training.selection import Verdict, select, selection_facts
from creditscore.training.sources import data_of, read_consents, read_events, reading, sources_of
from creditscore.training.studies import studies_of_events, studies_of_model
from creditscore.training.trained import Trained, calibrate, fit, score_all
from creditscore.training.tuning import Trial, Tuned, tune, tuning_facts, with_params

__all__ = [
    "Minimal",
    "Prepared",
    "Progress",
    "Search",
    "Trained",
    "Trial",
    "Tuned",
    "Verdict",
    "approval_rate",
    "calibrate",
    "check_engine",
    "chosen_features",
    "data_of",
    "example_of",
    "facts_of",
    "fit",
    "gaming_facts",
    "gaming_of",
    "less_discriminatory",
    "log_odds_of",
    "minimal",
    "minimal_facts",
    "platforms_of",
    "players_of",
    "prepare",
    "protected_groups",
    "read_consents",
    "read_events",
    "reading",
    "recalibrate",
    "score_all",
    "search_facts",
    "select",
    "selection_facts",
    "sources_of",
    "studies_of_events",
    "studies_of_model",
    "tune",
    "tuning_facts",
    "with_params",
]
