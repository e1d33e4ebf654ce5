"""Tables in one file, one Arrow stream after another, each with columns and words of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa

from creditscore.errors import InputError

# Slices are small and many: handing their columns to threads takes several times as long as they do.
_WRITTEN = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)
_READ = pa.ipc.IpcReadOptions(use_threads=False)


def append(file: Any, table: pa.Table) -> None:
    """Write the table behind what the open file holds, in less than half of the room that it takes in memory."""
    with pa.ipc.new_stream(file, table.schema, options=_WRITTEN) as stream:
        stream.write_table(table)


def slices(path: Path) -> Iterator[pa.Table]:
    """The file's tables in their order. Raises InputError where it is damaged."""
    try:
        with pa.OSFile(str(path)) as file:
            while file.tell() < file.size():
                with pa.ipc.open_stream(file, options=_READ) as stream:
                    yield stream.read_all()
    except (pa.ArrowException, OSError) as error:
        raise InputError(
            f"{path}: cannot be read ({type(error).__name__}); the store is damaged: write it again"
        ) from None
