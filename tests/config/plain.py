"""A config with nothing but what it must have, and the same with one part changed."""

import copy

PLAIN = {
    "name": "plain",
    "population": "nobody",
    "pd_horizon_months": 12,
    "output": "runs/plain",
    "events": {
        "currency": "CNY",
        "transactions": [{"files": "t.parquet", "columns": {"kind": ["a", "b"]}, "values": {"kind": {"x | ": "fee"}}}],
        "applications": [{"files": "a.parquet"}],
    },
    "samples": {
        "train": {"from": "2024-01-01", "until": "2024-07-01"},
        "calibrate": {"from": "2024-07-01", "until": "2024-10-01"},
        "test": {"from": "2024-10-01"},
    },
}


def changed(path, content):
    """PLAIN with the part at that dotted path replaced, or taken away for None."""
    config = copy.deepcopy(PLAIN)
    *parents, last = path.split(".")
    part = config
    for key in parents:
        part = part.setdefault(key, {})
    if content is None:
        del part[last]
    else:
        part[last] = content
    return config
