"""A scorecard as plain parts, JSON, text and counts, and back; what is malformed is refused."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from creditscore.errors import CreditScoreError, ScorecardError
from creditscore.features.record import from_record, to_record
from creditscore.governance.rules import Rules
from creditscore.model.presence import Presence
from creditscore.model.scale import Calibration, MasterScale, Scale
from creditscore.model.trees import Trees, parse_model
from creditscore.reasons.codes import ReasonCode
from creditscore.reasons.population import Population
from creditscore.scorecard.baseline import Baseline
from creditscore.scorecard.card import Scorecard
from creditscore.scorecard.checks import check, check_names
from creditscore.scorecard.plain import mapping, numbers, parsed, record_of, text, texts

# 1: the first that is kept readable for ever (tests/golden); earlier ones were drafts
FORMAT = 1
CONTENT, MODEL, REFERENCES = "scorecard.json", "model.txt", "references/"
_KEYS = {"format", "name", "features", "calibration", "scale", "grades", "codes", "references", "baseline", "facts",
         "vectors", "rules"}  # fmt: skip
_SHOWN = 400


def to_parts(card: Scorecard) -> dict[str, bytes]:
    """The parts of a scorecard by their names in the file, in order."""
    counts = {REFERENCES + population.id: population.to_bytes() for population in card.references}
    return {CONTENT: _content(card), MODEL: card.model.encode(), **counts}


def from_parts(parts: Mapping[str, bytes], digest: str) -> Scorecard:
    """The scorecard of such parts. Raises ScorecardError where they are malformed or do not fit each other."""
    content = parsed(CONTENT, parts[CONTENT])
    check_format(content)
    if set(content) != _KEYS:
        raise ScorecardError(f"{CONTENT} has other parts than {', '.join(sorted(_KEYS))}; get the file again")
    try:
        card = _card(content, parts, digest)
        check(card)
    except ScorecardError:
        raise
    except (CreditScoreError, KeyError, TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
        raise ScorecardError(f"{CONTENT} is malformed: {type(error).__name__}: {error}"[:_SHOWN]) from None
    return card


def check_format(record: Mapping[str, Any]) -> None:
    """Raise ScorecardError for a format that this version does not read."""
    if type(record.get("format")) is not int or record["format"] != FORMAT:
        raise ScorecardError(
            f"format {record.get('format')!r:.20}; this version reads format {FORMAT}: update creditscore, or, of a "
            f"lower format, train again"
        )


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
    features, model = tuple(from_record(record) for record in content["features"]), parts[MODEL].decode("utf-8")
    trees, patterns = parse_model(model), Presence.of(features).patterns
    check_names(trees, features)
    grades = mapping("grades", content["grades"])
    codes = [record_of(ReasonCode, record) for record in content["codes"]]
    card = Scorecard(
        name=text("name", content["name"]),
        features=features,
        model=model,
        calibration=_calibration(content["calibration"]),
        scale=record_of(Scale, content["scale"]),
        grades=MasterScale(texts("grades", grades["names"]), numbers("grades", grades["upper"])),
        codes={code.code: code for code in codes},
        facts=mapping("facts", content["facts"]),
        references=_references(content["references"], trees, patterns, parts),
        baseline=_baseline(content["baseline"], len(features)),
        vectors=tuple(mapping("vector", vector) for vector in content["vectors"]),
        rules=Rules.from_record(content["rules"]),
        digest=digest,
    )
    vars(card)["trees"] = trees  # read once, not again at the first score
    return card


def _calibration(record: Any) -> Calibration:
    shifts = numbers("shifts", mapping("calibration", record)["shifts"])
    intercept, slope = numbers("calibration", [record["intercept"], record["slope"]])
    return Calibration(intercept, slope, shifts)


def _baseline(record: Any, features: int) -> Baseline | None:
    return None if record is None else Baseline.from_record(record, features)


def _references(listed: Any, trees: Trees, patterns: int, parts: Mapping[str, bytes]) -> tuple[Population, ...]:
    if [REFERENCES + each["id"] for each in listed] != [name for name in parts if name.startswith(REFERENCES)]:
        raise ScorecardError(f"the references listed in {CONTENT} are not those in the file")
    populations = []
    for each in listed:
        name, rule, size, digest = each["id"], text("rule", each["rule"]), each["size"], each["digest"]
        if type(size) is not int or len(each) != 4:
            raise ValueError("a reference has an id, a rule, a size and a digest")
        population = Population.from_bytes(name, rule, size, trees, patterns, parts[REFERENCES + name])
        if population.digest != digest:
            raise ValueError(f"reference '{name}': its digest is not that of its counts")
        populations.append(population)
    return tuple(populations)
