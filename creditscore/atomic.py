"""Files that are whole or not there."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

if sys.platform == "win32":  # where a file that somebody writes cannot be removed anyway
    LOCK_EX = LOCK_NB = 0

    def flock(handle: int, operation: int) -> None:
        """No lock."""

else:
    from fcntl import LOCK_EX, LOCK_NB, flock

_PART = ".part"


def write_whole(path: str | Path, data: bytes) -> None:
    """Write beside, flush to disk, rename; on failure the old file stays and nothing is left behind.

    A process that is killed leaves its half-written part; the next that writes the same file removes it.
    """
    path = Path(path)
    _remove_strays(path)
    handle, beside = _part_beside(path)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            beside.chmod(0o644)
            beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise


def _part_beside(path: Path) -> tuple[int, Path]:
    """A new part, open and locked for as long as its writer lives."""
    while True:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=_PART)
        flock(handle, LOCK_EX)
        if os.fstat(handle).st_nlink:
            return handle, Path(name)
        os.close(handle)  # taken for a stray before it was locked


def _remove_strays(path: Path) -> None:
    """Remove parts of the file that no living process writes."""
    if not path.parent.is_dir():
        return
    with os.scandir(path.parent) as entries:
        strays = [one.path for one in entries if one.name.startswith(f".{path.name}.") and one.name.endswith(_PART)]
    for stray in strays:
        _remove_unless_locked(Path(stray))


def _remove_unless_locked(stray: Path) -> None:
    try:
        handle = os.open(stray, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
    except OSError:
        return  # gone, or another user's
    try:
        flock(handle, LOCK_EX | LOCK_NB)
        stray.unlink(missing_ok=True)
    except OSError:
        return  # somebody writes it now
    finally:
        os.close(handle)
