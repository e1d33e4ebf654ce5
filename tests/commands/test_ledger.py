"""The commands of a ledger, as an agency's clerk, its auditor and a person's lawyer use them."""

import io
import json

import pytest

from creditscore.__main__ import main
from creditscore.commands.ledger import COMMANDS
from creditscore.ledger import Inquiry, create_ledger, open_ledger
from tests.ledger.conftest import SECRET
from tests.ledger.tampering import forced

KEY = SECRET.reveal().decode()
TOLD = {"as_of": "2026-01-01 00:00:00.000000Z", "points": 612, "unrounded": 612.3, "pd": 0.02, "grade": "B2",
        "reasons": [["S01", -3.5], ["X01", -1.0]], "families": ["transactions"], "platforms": ["alder", "birch"],
        "consent": None}  # fmt: skip


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setenv("CREDITSCORE_PSEUDONYM_KEY", KEY)
    return tmp_path / "ledger.db"


@pytest.fixture
def filled(path):
    ledger = create_ledger(path, keeper="agency")
    for name in ("bank", "other bank"):
        inquiry = Inquiry(ledger, name, "credit decision", SECRET, fee="0.35", currency="CNY")
        inquiry.record("m-1", "sha256:1", ["b1", "b2"], [json.dumps(TOLD)] * 2)
    return str(path)


def run(*words):
    return main(["ledger", *map(str, words)])


def test_a_ledger_is_made_once(path, capsys):
    assert run("create", path, "--keeper", "机构") == 0
    assert "kept by 机构" in capsys.readouterr().out
    assert run("create", path, "--keeper", "other") == 2
    assert "there is a file already" in capsys.readouterr().err
    assert open_ledger(path).keeper == "机构"


def test_verify_needs_a_head_for_a_cut_end(filled, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("CREDITSCORE_HEAD_KEY", f"{KEY} of heads")
    heads = tmp_path / "heads.jsonl"
    assert run("head", filled, "--out", heads) == 0
    assert json.loads(capsys.readouterr().out)["count"] == 4
    assert run("verify", filled, "--head", heads) == 0
    assert "verified  4 entries, 0 of them erased, 1 heads agree\n" in capsys.readouterr().out
    with forced(filled) as connection:
        connection.execute("DELETE FROM entries WHERE seq = 4")
        connection.execute("DELETE FROM contents WHERE seq = 4")
    assert run("verify", filled) == 0
    assert "a cut end" in capsys.readouterr().out
    assert run("verify", filled, "--head", heads) == 1
    assert "FAILED    entry 4: it is missing: the end was cut off" in capsys.readouterr().out


def test_verify_names_the_first_bad_entry(filled, capsys):
    with forced(filled) as connection:
        connection.execute("UPDATE occasions SET recipient = 'nobody' WHERE id = 3")
    assert run("verify", filled) == 1
    assert "FAILED    entry 3: " in capsys.readouterr().out


def test_a_head_of_another_key_fails(filled, tmp_path, capsys, monkeypatch):
    heads = tmp_path / "heads.jsonl"
    run("head", filled, "--out", heads)
    monkeypatch.setenv("CREDITSCORE_HEAD_KEY", f"{KEY} of heads")
    capsys.readouterr()
    assert run("verify", filled, "--head", heads) == 1
    assert "FAILED    head 1 was not made with the key given" in capsys.readouterr().out


def test_heads_are_signed_by_ed25519(filled, tmp_path, capsys):
    ed25519 = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.ed25519", reason="needs the sign extra")
    from cryptography.hazmat.primitives import serialization as s

    key, heads = ed25519.Ed25519PrivateKey.generate(), tmp_path / "heads.jsonl"
    private, public = tmp_path / "key.pem", tmp_path / "key.pub"
    private.write_bytes(key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption()))
    public.write_bytes(key.public_key().public_bytes(s.Encoding.PEM, s.PublicFormat.SubjectPublicKeyInfo))
    assert run("head", filled, "--out", heads, "--private-key", private) == 0
    assert run("verify", filled, "--head", heads, "--public-key", public) == 0
    heads.write_text(heads.read_text().replace('"count": 4', '"count": 3'))
    capsys.readouterr()
    assert run("verify", filled, "--head", heads, "--public-key", public) == 1
    assert "head 1 was not made with the key given, or was changed" in capsys.readouterr().out


def test_a_statement_adds_up(filled, capsys):
    assert run("statement", filled) == 0
    assert [line.split() for line in capsys.readouterr().out.splitlines()[:3]] == [
        ["recipient", "purpose", "scores", "fees"],
        ["bank", "credit", "decision", "2", "0.7", "CNY"],
        ["other", "bank", "credit", "decision", "2", "0.7", "CNY"],
    ]
    assert run("statement", filled, "--json", "--from", "2020-01-01", "--until", "2020-02-01") == 0
    assert json.loads(capsys.readouterr().out)["recipients"] == []
    assert run("statement", filled, "--json") == 0
    assert json.loads(capsys.readouterr().out)["platforms"] == [
        {"name": "alder", "currency": "CNY", "scores": 4, "fees": "1.4"},
        {"name": "birch", "currency": "CNY", "scores": 4, "fees": "1.4"},
    ]


def test_a_person_sees_all_and_whom_to_tell(filled, capsys, monkeypatch):
    run(
        "review",
        filled,
        "--entry",
        3,
        "--by",
        "Li Wei",
        "--why",
        "it was paid",
        "--old",
        "declined",
        "--new",
        "approved",
    )
    assert "entry 5: review of entry 3 by Li Wei" in capsys.readouterr().out
    monkeypatch.setattr("sys.stdin", io.StringIO("b1\n"))
    assert run("subject", filled, "--borrower", "-", "--language", "zh") == 0
    shown = capsys.readouterr().out
    for text in (
        "told bank, for credit decision, fee 0.35 CNY: 612 points, grade B2",
        "from transactions of alder, birch",
        "S01    -3.5  您",
        "X01    -1.0\n",
        "entry 3 reviewed by Li Wei: declined → approved, as it was paid",
        "3 entries about",
        "correction: bank (entries 1)\n",
        "correction: other bank (entries 3)\n",
    ):
        assert text in shown
    assert "b1" not in shown
    assert run("subject", filled, "--borrower", "b1", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["entry"] for one in found["entries"]] == [1, 3, 5]
    assert found["recipients"] == {"bank": [1], "other bank": [3]}


def test_erased_is_gone_and_verified(filled, capsys):
    assert run("erase", filled, "--borrower", "b1", "--by", "Wang", "--why", "asked") == 0
    assert "2 entries erased: 1, 3" in capsys.readouterr().out
    assert run("subject", filled, "--borrower", "b1") == 0
    assert capsys.readouterr().out == "0 entries about this person\n"
    assert run("verify", filled) == 0
    assert "5 entries, 2 of them erased" in capsys.readouterr().out


@pytest.mark.parametrize(("words", "message"), [
    (("subject", "--borrower", ""), "--borrower: expected an id"),
    (("review", "--entry", 99, "--by", "a", "--why", "b", "--old", "c", "--new", "d"), "entry 99: no disclosure"),
    (("verify", "--head", "none.jsonl"), "heads none.jsonl: cannot be read"),
    (("subject", "--borrower", "b1", "--key-file", "none"), "key file none: cannot be read"),
])  # fmt: skip
def test_what_is_wrong_is_one_line(filled, capsys, words, message):
    assert run(words[0], filled, *words[1:]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert len(error.splitlines()) == 1


def test_without_a_key_it_is_said_how_to_make_one(filled, capsys, monkeypatch):
    monkeypatch.delenv("CREDITSCORE_PSEUDONYM_KEY")
    assert run("subject", filled, "--borrower", "b1") == 2
    assert "CREDITSCORE_PSEUDONYM_KEY: not set; make one with: openssl rand -hex 32" in capsys.readouterr().err


@pytest.mark.parametrize("command", COMMANDS)
def test_every_sub_command_has_help(command, capsys):
    with pytest.raises(SystemExit) as end:
        run(command, "--help")
    assert end.value.code == 0
    assert "example:" in capsys.readouterr().out
