"""The bytes of entries: what is hashed, so that another program can verify a ledger too."""

import hashlib

from creditscore.ledger.chain import Occasion, commitment_of, digest_of, first_hash, next_hash

OCCASION = Occasion(1_700_000_000_000_000, "disclosure", "银行", "credit decision", "m-1", "sha256:1", 3_500, "CNY")


def sha256(text):
    return hashlib.sha256(text).digest()


def test_the_bytes_that_are_hashed_are_these():
    text = b'[1700000000000000,"disclosure","\\u94f6\\u884c","credit decision","m-1","sha256:1",3500,"CNY"]'
    assert digest_of(OCCASION) == sha256(text)
    assert first_hash("id", "agency") == sha256(b'["creditscore ledger 1","id","agency"]')
    assert commitment_of(b"s" * 16, "p", '{"points":600}') == sha256(b"s" * 16 + b'p\n{"points":600}')
    parts = [bytes([i]) * 32 for i in (1, 2, 3)]
    assert next_hash(parts[0], 258, parts[1], parts[2]) == sha256(parts[0] + b"\0\0\0\0\0\0\1\2" + parts[1] + parts[2])


def test_every_field_of_an_occasion_counts():
    others = [OCCASION._replace(**{name: value * 2}) for name, value in OCCASION._asdict().items()]
    assert len({digest_of(one) for one in (OCCASION, *others)}) == 1 + len(OCCASION)
