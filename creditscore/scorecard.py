"""The scorecard: one file with all that a score needs, the same bytes from the same training, verified on loading.

`*.scorecard` is a zip of plain parts, stored uncompressed in a fixed order: `manifest.json` lists the others with size
and SHA-256, and the scorecard's digest is the manifest's. Nothing in it is executed or unpickled.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from creditscore.atomic import write_whole
from creditscore.errors import ScorecardError
from creditscore.features.formula import Feature
from creditscore.features.plan import Plan, make_plan
from creditscore.features.record import from_record, to_record
from creditscore.model.scale import Calibration, MasterScale, Scale
from creditscore.model.trees import Trees, parse_model
from creditscore.reasons.codes import RULE, ReasonCode
from creditscore.reasons.shapley import expected_value

FORMAT = 0
MANIFEST, CONTENT, MODEL = "manifest.json", "scorecard.json", "model.txt"
# no model of this library comes near it; a file that claims more is refused before it is read
LARGEST_PART = 256 << 20


@dataclass(frozen=True, repr=False)
class Scorecard:
    """Features, trees, calibration, scale and reasons: all that makes a score, and what it was made on.

    `facts` are the training's: population, PD horizon, samples, seed. `vectors` are made histories with the scores and
    reasons that they must give. `digest` is that of the file it came from or went to; empty before.
    """

    name: str
    features: tuple[Feature, ...]
    model: str
    calibration: Calibration
    scale: Scale
    grades: MasterScale
    codes: Mapping[str, ReasonCode]
    facts: Mapping[str, Any]
    vectors: tuple[Mapping[str, Any], ...] = ()
    digest: str = ""

    def __repr__(self) -> str:
        return f"Scorecard({self.model_id}: {len(self.features)} features, {self.trees.n_trees} trees)"

    @property
    def model_id(self) -> str:
        """The name with the digest's first twelve digits."""
        return f"{self.name}-{self.digest.removeprefix('sha256:')[:12] or 'unsaved'}"

    @cached_property
    def trees(self) -> Trees:
        return parse_model(self.model)

    @cached_property
    def plan(self) -> Plan:
        return make_plan(self.features)

    @cached_property
    def mean_points(self) -> float:
        """The reference population's mean points, unrounded: reasons add up from here."""
        log_odds = self.calibration.intercept + self.calibration.slope * expected_value(self.trees)
        return float(self.scale.offset - self.scale.factor * log_odds)

    @property
    def reference(self) -> Mapping[str, Any]:
        """The population that reasons compare with: all applicants of the train sample, by the trees' shares."""
        return {
            "id": "all",
            "rule": "all applicants of the train sample, by the shares of them in each branch of the trees",
            "size": self.facts["samples"]["train"]["applications"],
            "mean_points": self.mean_points,
            "reasons": RULE,
        }


def save(card: Scorecard, path: str | Path) -> Scorecard:
    """Write the scorecard; the same one with its digest comes back. Atomic: the file is whole or not there."""
    parts = {CONTENT: _content(card), MODEL: card.model.encode()}
    manifest = _manifest(parts)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as file:
        for name, data in {MANIFEST: manifest, **parts}.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = 0o644 << 16
            file.writestr(entry, data)
    write_whole(path, archive.getvalue())
    return replace(card, digest=_digest(manifest))


def load(path: str | Path, *, digest: str | None = None) -> Scorecard:
    """Read and verify a scorecard; `digest` ("sha256:…") pins it from outside.

    Raises ScorecardError where the file is damaged, altered, of an unknown format, or not the one pinned.
    """
    path = Path(path)
    parts = _read_parts(path)
    found = _digest(parts[MANIFEST])
    if digest is not None and digest != found:
        raise ScorecardError(f"{path.name}: its digest is {found}, not the one asked for, {digest}; get the right file")
    _check_manifest(path, parts)
    content = _json(path, CONTENT, parts[CONTENT])
    if content.get("format") != FORMAT:
        raise ScorecardError(
            f"{path.name}: format {content.get('format')!r}; this version reads format {FORMAT}: update creditscore"
        )
    try:
        card = _card(content, parts[MODEL].decode(), found)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        if isinstance(error, ScorecardError):
            raise
        raise ScorecardError(f"{path.name}: {CONTENT} is malformed: {type(error).__name__}: {error}") from None
    _check_model(path, card)
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
        "facts": card.facts,
        "vectors": list(card.vectors),
    }
    return json.dumps(content, sort_keys=True, ensure_ascii=False, indent=1, allow_nan=False).encode()


def _card(content: Mapping[str, Any], model: str, digest: str) -> Scorecard:
    grades = content["grades"]
    card = Scorecard(
        name=content["name"],
        features=tuple(from_record(record) for record in content["features"]),
        model=model,
        calibration=Calibration(**content["calibration"]),
        scale=Scale(**content["scale"]),
        grades=MasterScale(tuple(grades["names"]), tuple(grades["upper"])),
        codes={record["code"]: ReasonCode(**record) for record in content["codes"]},
        facts=content["facts"],
        vectors=tuple(content["vectors"]),
        digest=digest,
    )
    numbers = [*asdict(card.calibration).values(), *asdict(card.scale).values(), *card.grades.upper]
    if not all(isinstance(number, (int, float)) and math.isfinite(number) for number in numbers):
        raise ValueError("a number of the calibration, scale or grades is not finite")
    if not (card.calibration.slope > 0 and card.scale.pdo > 0 and card.scale.good_bad_odds > 0):
        raise ValueError("slope, pdo and good_bad_odds must be above 0")
    if len(card.grades.names) != len(card.grades.upper) + 1 or list(card.grades.upper) != sorted(card.grades.upper):
        raise ValueError("grades need rising upper ends, one fewer than names")
    return card


def _check_model(path: Path, card: Scorecard) -> None:
    names = tuple(feature.name for feature in card.features)
    if card.trees.feature_names != names:
        raise ScorecardError(f"{path.name}: the model's features are not the scorecard's")
    missing = sorted({feature.reason or "none" for feature in card.features} - set(card.codes))
    if missing:
        raise ScorecardError(f"{path.name}: reason code {missing[0]} is used but not worded")


def _manifest(parts: Mapping[str, bytes]) -> bytes:
    listed = {name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()} for name, data in parts.items()}
    return json.dumps({"format": FORMAT, "parts": listed}, sort_keys=True, indent=1).encode()


def _digest(manifest: bytes) -> str:
    return "sha256:" + hashlib.sha256(manifest).hexdigest()


def _read_parts(path: Path) -> dict[str, bytes]:
    """The three parts, read in memory; nothing else may be in the file."""
    if not path.is_file():
        raise ScorecardError(f"{path}: no such scorecard file")
    try:
        with zipfile.ZipFile(path) as file:
            entries = file.infolist()
            if [entry.filename for entry in entries] != [MANIFEST, CONTENT, MODEL]:
                raise ScorecardError(f"{path.name}: expected exactly {MANIFEST}, {CONTENT} and {MODEL} in it")
            if any(entry.file_size > LARGEST_PART or entry.compress_type != zipfile.ZIP_STORED for entry in entries):
                raise ScorecardError(f"{path.name}: a part is compressed or larger than {LARGEST_PART >> 20} MiB")
            return {entry.filename: file.read(entry) for entry in entries}
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError) as error:
        raise ScorecardError(f"{path.name}: not a whole scorecard file ({error}); get it again") from None


def _check_manifest(path: Path, parts: Mapping[str, bytes]) -> None:
    expected = _manifest({name: parts[name] for name in (CONTENT, MODEL)})
    if parts[MANIFEST] != expected:
        raise ScorecardError(f"{path.name}: its parts are not those of its manifest: altered or damaged; get it again")


def _json(path: Path, name: str, data: bytes) -> dict[str, Any]:
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ScorecardError(f"{path.name}: {name} is not JSON: {error}") from None
    if not isinstance(content, dict):
        raise ScorecardError(f"{path.name}: {name} holds {type(content).__name__}, expected an object")
    return content
