"""The bytes of the file: only parts, all of them in place, none too large."""

import io
import zipfile

import pytest

from creditscore.errors import ScorecardError
from creditscore.scorecard import archive
from creditscore.scorecard.archive import MANIFEST, pack, read_parts, unpack
from creditscore.scorecard.content import CONTENT, MODEL

PARTS = {MANIFEST: b"{}", CONTENT: b"content", MODEL: b"model", "references/all": b"counts"}


def test_what_was_packed_comes_out():
    assert unpack(pack(PARTS), "one") == PARTS
    assert pack(PARTS) == pack(PARTS)


@pytest.mark.parametrize("around", [lambda z: b"#!/bin/sh\n" + z, lambda z: z + b"\0", lambda z: z + z])
def test_bytes_that_belong_to_no_part_are_refused(around):
    with pytest.raises(ScorecardError, match=r"altered or damaged|whole scorecard"):
        unpack(around(pack(PARTS)), "one")


def test_a_comment_or_a_further_field_is_refused():
    for change in ({"comment": b"hidden"}, {"extra": b"\x99\x99\x04\x00evil"}):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as file:
            for name, data in PARTS.items():
                entry = zipfile.ZipInfo(name)
                entry.extra = change.get("extra", b"")
                file.writestr(entry, data)
            file.comment = change.get("comment", b"")
        with pytest.raises(ScorecardError, match="more than its parts"):
            unpack(out.getvalue(), "one")


@pytest.mark.parametrize("name", ["../evil", "references/../x", "references/A", "signature.ed25519x", "references/"])
def test_other_names_are_refused(name):
    with pytest.raises(ScorecardError, match="nothing else"):
        unpack(pack({**PARTS, name: b""}), "one")


def test_sizes_are_capped_by_what_is_declared_and_by_what_is_there(monkeypatch, tmp_path):
    monkeypatch.setitem(archive.LARGEST, MODEL, 4)
    with pytest.raises(ScorecardError, match="larger than 4 bytes"):
        unpack(pack(PARTS), "one")
    monkeypatch.setattr(archive, "LARGEST_FILE", 100)
    (tmp_path / "large").write_bytes(pack(PARTS))
    with pytest.raises(ScorecardError, match="no scorecard is"):
        read_parts(tmp_path / "large")


def test_a_size_that_is_not_true_is_refused():
    whole = pack(PARTS)
    directory = whole.index(b"PK\x01\x02")
    for field in (20, 24):
        told = bytearray(whole)
        told[directory + field : directory + field + 4] = (1 << 20).to_bytes(4, "little")
        with pytest.raises(ScorecardError):
            unpack(bytes(told), "one")
