"""Files that are whole or not there."""

import fcntl
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from creditscore.atomic import write_whole


def test_the_file_holds_what_was_written_and_nothing_is_beside_it(tmp_path):
    write_whole(tmp_path / "card", b"\x00new")
    assert (tmp_path / "card").read_bytes() == b"\x00new"
    assert list(tmp_path.iterdir()) == [tmp_path / "card"]


def test_an_old_file_is_replaced_and_a_text_path_will_do(tmp_path):
    (tmp_path / "card").write_bytes(b"old and longer")
    write_whole(str(tmp_path / "card"), b"new")
    assert (tmp_path / "card").read_bytes() == b"new"


def test_others_may_read_the_file(tmp_path):
    write_whole(tmp_path / "card", b"new")
    assert (tmp_path / "card").stat().st_mode & 0o777 == 0o644


def no_space(*_):
    raise OSError(28, "No space left on device")


def stopped(*_):
    raise KeyboardInterrupt


@pytest.mark.parametrize("failure", [no_space, stopped])
@pytest.mark.parametrize("step", ["fsync", "rename"])
def test_a_failure_in_the_middle_leaves_the_old_file_and_no_stray(tmp_path, monkeypatch, step, failure):
    (tmp_path / "card").write_bytes(b"old")
    if step == "fsync":
        monkeypatch.setattr(os, "fsync", failure)
    else:
        monkeypatch.setattr(Path, "replace", failure)
    with pytest.raises((OSError, KeyboardInterrupt)):
        write_whole(tmp_path / "card", b"new")
    assert (tmp_path / "card").read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [tmp_path / "card"]


def test_it_is_on_disk_before_it_is_renamed(tmp_path, monkeypatch):
    steps = []
    replace = Path.replace
    monkeypatch.setattr(os, "fsync", lambda _: steps.append("fsync"))
    monkeypatch.setattr(Path, "replace", lambda *paths: steps.append("rename") or replace(*paths))
    write_whole(tmp_path / "card", b"new")
    assert steps == ["fsync", "rename"]


def test_a_folder_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "nowhere" / "card", b"new")


def test_what_a_killed_writer_left_is_removed_and_nothing_else(tmp_path):
    for name in (".card.abc.part", ".card2.abc.part", "card.part", ".card"):
        (tmp_path / name).write_bytes(b"x")
    write_whole(tmp_path / "card", b"new")
    assert {path.name for path in tmp_path.iterdir()} == {"card", ".card2.abc.part", "card.part", ".card"}


def test_what_another_writes_now_stays(tmp_path):
    other = tmp_path / ".card.other.part"
    with other.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        write_whole(tmp_path / "card", b"new")
        assert other.exists()
    write_whole(tmp_path / "card", b"newer")
    assert not other.exists()


def test_many_writers_at_once_all_write(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: write_whole(tmp_path / "card", bytes([i]) * 10_000), range(200)))
    assert len(set((tmp_path / "card").read_bytes())) == 1
    assert list(tmp_path.iterdir()) == [tmp_path / "card"]
