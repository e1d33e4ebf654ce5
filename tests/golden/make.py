"""Makes the golden files of a format, once, when it begins: python -m tests.golden.make. Never again: they are kept."""

import json
import sys
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from creditscore.scorecard import load, save
from creditscore.scorecard.content import FORMAT
from creditscore.scorecard.file import sign
from creditscore.scoring import score, score_features
from creditscore.scoring.conformance import AS_OF, made_history
from tests.scorecard.small import drawn, small_card

FOLDER = Path(__file__).parent
SIZES = (0, 5, 25)


def main():
    path = FOLDER / f"format_{FORMAT}.scorecard"
    if path.exists():
        sys.exit(f"{path} is there: golden files are never made again")
    key = Ed25519PrivateKey.generate()
    encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    save(small_card(), path)
    sign(path, key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain))
    public = key.public_key().public_bytes(encoding, serialization.PublicFormat.SubjectPublicKeyInfo)
    path.with_suffix(".pem").write_bytes(public)
    path.with_suffix(".json").write_text(json.dumps(told(load(path)), indent=1, ensure_ascii=False) + "\n", "utf-8")


def told(card):
    """What the scorecard says of some rows and histories: plain numbers, with their inputs."""
    rows = [dict(zip(card.plan.names, row, strict=True)) for row in drawn(card.features)[0][:6].tolist()]
    rows = [{name: None if value != value else value for name, value in row.items()} for row in rows]
    histories = [json.loads(json.dumps(made_history(size))) for size in SIZES]
    return {
        "digest": card.digest,
        "rows": [{"features": row, "expected": numbers(score_features(card, row))} for row in rows],
        "histories": [
            {"as_of": AS_OF.isoformat(), "history": history, "expected": numbers(score(card, history, as_of=AS_OF))}
            for history in histories
        ],
    }


def numbers(found):
    """What a result must always say."""
    return {
        "scorable": found.scorable,
        "points": found.points,
        "unrounded": found.unrounded,
        "pd": found.pd,
        "grade": found.grade,
        "reference_points": found.reference_points,
        "reasons": [[reason.code, reason.points] for reason in found.reasons],
    }


if __name__ == "__main__":
    main()
