"""Draws docs/score.svg: one simulated borrower's score as the sum of its reasons. Run after `make train`."""

from pathlib import Path

import matplotlib
import numpy as np

from creditscore import load, training
from creditscore.config import load_config
from creditscore.scoring.assess import assess
from creditscore.validation.plots import plot_reasons

PROJECT = Path(__file__).parents[1]


def main() -> None:
    card = load(PROJECT / "runs/sample/sample.scorecard")
    path = PROJECT / "configs/sample.yaml"
    config = load_config(path)
    prepared = training.prepare(config, training.read_events(config, path), card.features)
    assessed = assess(card, prepared.matrix)
    # a borrower a fifth from the bottom: reasons of both signs
    row = int(np.argsort(assessed.unrounded)[len(assessed.unrounded) // 5])
    points = dict(zip(assessed.codes, assessed.code_points[row].tolist(), strict=True))
    words = {code: texts.officer_en for code, texts in card.codes.items()}
    matplotlib.rcParams["svg.hashsalt"] = "score"
    figure = plot_reasons(points, card.mean_points(), words).figure
    figure.savefig(PROJECT / "docs/score.svg", metadata={"Date": None}, bbox_inches="tight")
    print(f"{assessed.unrounded[row]:.1f} points")


if __name__ == "__main__":
    main()
