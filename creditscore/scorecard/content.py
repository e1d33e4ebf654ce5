"""A scorecard as plain parts, JSON, text and counts, and back; what is malformed is refused."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from creditscore.errors import ScorecardError
from creditscore.features.record import from_record, to_record
from creditscore.governance.rules import Rules
from creditscore.model.presence import Presence
from creditscore.model.scale import Calibration, MasterScale, Scale
from creditscore.model.trees import Trees, parse_model
from creditscore.reasons.codes import ReasonCode
from creditscore.reasons.population import Population
from creditscore.scorecard.baseline import Baseline
from creditscore.scorecard.card import Scorecard

FORMAT = 0
CONTENT, MODEL, REFERENCES = "scorecard.json", "model.txt", "references/"


def to_parts(card: Scorecard) -> dict[str, bytes]:
    """The parts of a scorecard by their names in the file, in order."""
    counts = {REFERENCES + population.id: population.to_bytes() for population in card.references}
    return {CONTENT: _content(card), MODEL: card.model.encode(), **counts}


def from_parts(parts: Mapping[str, bytes], digest: str) -> Scorecard:
    """The scorecard of such parts. Raises ScorecardError where they are malformed or do not fit each other."""
    content = _json(parts[CONTENT])
    if content.get("format") != FORMAT:
        raise ScorecardError(
            f"format {content.get('format')!r}; this version reads format {FORMAT}: update creditscore"
        )
    try:
        card = _card(content, parts, digest)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        if isinstance(error, ScorecardError):
            raise
        raise ScorecardError(f"{CONTENT} is malformed: {type(error).__name__}: {error}") from None
    missing = sorted({code or "none" for code in card.code_columns.codes} - set(card.codes))
    if missing:
        raise ScorecardError(f"reason code {missing[0]} is used but not worded")
    return card


def _content(card: Scorecard) -> bytes:
    content = {
        "format": FORMAT,
        "name": card.name,
        "features": [to_record(feature) for feature in card.features],
        "calibration": asdict(card.calibration),
        "scale": asdict(card.scale),
        "grades": asdict(card.grades),
        "codes": [asdict(card.codes[code]) for code in sorted(card.codes)],
        "references": [_facts(population) for population in card.references],
        "baseline": None if card.baseline is None else card.baseline.to_record(),
        "facts": card.facts,
        "vectors": list(card.vectors),
        "rules": card.rules.to_record(),
    }
    return json.dumps(content, sort_keys=True, ensure_ascii=False, indent=1, allow_nan=False).encode()


def _facts(population: Population) -> dict[str, Any]:
    return {"id": population.id, "rule": population.rule, "size": population.size, "digest": population.digest}


def _card(content: Mapping[str, Any], parts: Mapping[str, bytes], digest: str) -> Scorecard:
    grades, model = content["grades"], parts[MODEL].decode()
    calibration = dict(content["calibration"])
    shifts = calibration.pop("shifts")
    features = tuple(from_record(record) for record in content["features"])
    trees, patterns = parse_model(model), Presence.of(features).patterns
    if trees.feature_names != tuple(feature.name for feature in features):
        raise ScorecardError("the model's features are not the scorecard's")
    card = Scorecard(
        name=content["name"],
        features=features,
        model=model,
        calibration=Calibration(shifts=tuple(shifts), **calibration),
        scale=Scale(**content["scale"]),
        grades=MasterScale(tuple(grades["names"]), tuple(grades["upper"])),
        codes={record["code"]: ReasonCode(**record) for record in content["codes"]},
        facts=content["facts"],
        references=_references(content["references"], trees, patterns, parts),
        baseline=_baseline(content["baseline"], len(features)),
        vectors=tuple(content["vectors"]),
        rules=Rules.from_record(content["rules"]),
        digest=digest,
    )
    _check_numbers(card)
    return card


def _baseline(record: Any, features: int) -> Baseline | None:
    return None if record is None else Baseline.from_record(record, features)


def _references(listed: Any, trees: Trees, patterns: int, parts: Mapping[str, bytes]) -> tuple[Population, ...]:
    if [REFERENCES + each["id"] for each in listed] != [name for name in parts if name.startswith(REFERENCES)]:
        raise ScorecardError(f"the references listed in {CONTENT} are not those in the file")
    populations = []
    for each in listed:
        name, rule, size, digest = each["id"], each["rule"], each["size"], each["digest"]
        if type(rule) is not str or type(size) is not int or len(each) != 4:
            raise ValueError("a reference has an id, a rule, a size and a digest")
        population = Population.from_bytes(name, rule, size, trees, patterns, parts[REFERENCES + name])
        if population.digest != digest:
            raise ValueError(f"reference '{name}': its digest is not that of its counts")
        populations.append(population)
    return tuple(populations)


def _check_numbers(card: Scorecard) -> None:
    calibration = card.calibration
    line = [calibration.intercept, calibration.slope, *calibration.shifts]
    numbers = [*line, *asdict(card.scale).values(), *card.grades.upper]
    if not all(isinstance(number, (int, float)) and math.isfinite(number) for number in numbers):
        raise ValueError("a number of the calibration, scale or grades is not finite")
    if len(calibration.shifts) != card.presence.patterns or calibration.shifts[0] != 0:
        raise ValueError("shifts are one for each pattern of absent families, the first 0")
    if not (calibration.slope > 0 and card.scale.pdo > 0 and card.scale.good_bad_odds > 0):
        raise ValueError("slope, pdo and good_bad_odds must be above 0")
    if len(card.grades.names) != len(card.grades.upper) + 1 or list(card.grades.upper) != sorted(card.grades.upper):
        raise ValueError("grades need rising upper ends, one fewer than names")


def _json(data: bytes) -> dict[str, Any]:
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ScorecardError(f"{CONTENT} is not JSON: {error}") from None
    if not isinstance(content, dict):
        raise ScorecardError(f"{CONTENT} holds {type(content).__name__}, expected an object")
    return content
