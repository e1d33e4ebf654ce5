"""`python -m creditscore neutrality`."""

from __future__ import annotations

import argparse
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

from creditscore.extras import require_train

WHAT = "say how platforms are treated, and what each one's data are worth: a page and the same as JSON"
EXAMPLE = "neutrality configs/sample.yaml --out neutrality"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("config", type=Path, help="a YAML file, as configs/sample.yaml; its neutrality: sets the rest")
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="where the events are, instead of events.folder")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FOLDER", help="gets neutrality.html and neutrality.json"
    )
    parser.add_argument("--no-worth", action="store_true", help="leave out the worth, which takes many models")


def run(arguments: argparse.Namespace) -> None:
    """A scorecard is trained as the config says, looked at, and not kept."""
    require_train("neutrality")
    from creditscore import training
    from creditscore.config import load_config
    from creditscore.train import choose
    from creditscore.validation.report import Origin
    from creditscore.validation.report.alone import write_neutrality

    config = load_config(arguments.config)
    asked = config.neutrality.model_copy(update={"worth": not arguments.no_worth})
    config = config.model_copy(update={"neutrality": asked})
    training.check_engine(config.model)
    progress = training.Progress(lambda _: nullcontext(), _told)
    with training.reading(config, arguments.config, arguments.data) as events:
        consents = training.read_consents(config, arguments.config, arguments.data)
        prepared = training.prepare(config, events, training.chosen_features(config), consents=consents)
        config, prepared, _, chosen = choose(progress, config, prepared, arguments.out)
        platforms = training.platforms_of(config, events, prepared, _told)
    trained = training.fit(config, prepared, chosen)
    origin = Origin.of(trained.card, prepared.matrix, prepared.applications, platforms)
    page = arguments.out / "neutrality.html"
    _say(write_neutrality(page, trained.scored, training.facts_of(config, trained, prepared), origin))
    print(page)


def _say(found: dict[str, Any]) -> None:
    flagged = [row["platform"] for row in found["bias"] if row["flagged"]]
    print(f"bias at equal risk: {', '.join(flagged) or 'none flagged'}")
    telling = {row["feature"] for row in found["fingerprints"]["flagged"]}
    print(f"features that tell platforms apart: {len(telling)}")
    for row in found["worth"]["platforms"] if found["worth"] else []:
        print(f"{row['player']:<16} Gini {row['gini']:+.4f} [{row['gini_low']:+.4f}, {row['gini_high']:+.4f}]")


def _told(line: str) -> None:
    print(line, file=sys.stderr)
