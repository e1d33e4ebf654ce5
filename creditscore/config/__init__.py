"""The configuration files of `configs/`, as models: unknown keys are refused, and errors name the key and the fix."""

from creditscore.config.features import SelectConfig
from creditscore.config.load import folder_of, load_config
from creditscore.config.model import ModelConfig, TuneConfig
from creditscore.config.report import FairnessConfig, ManipulationConfig, SearchConfig
from creditscore.config.sources import EventsConfig, SourceConfig
from creditscore.config.train import TrainConfig

__all__ = [
    "EventsConfig",
    "FairnessConfig",
    "ManipulationConfig",
    "ModelConfig",
    "SearchConfig",
    "SelectConfig",
    "SourceConfig",
    "TrainConfig",
    "TuneConfig",
    "folder_of",
    "load_config",
]
