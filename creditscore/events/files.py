"""Files on this machine and in object stores: one, a folder of them, hive partitions, a pattern."""

from __future__ import annotations

import glob
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypeVar
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.fs

from creditscore.errors import InputError
from creditscore.events.address import check_no_secret, expanded, is_url, without_secrets

SUFFIXES = (".parquet", ".csv", ".csv.gz")
T = TypeVar("T")

_STORES = ("s3", "gs", "abfs", "abfss")
_PARTITION = re.compile(r"([^=]+)=(.*)")
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"


@dataclass(frozen=True)
class File:
    """A file: `path` in its file system, `where` it is and its `label` for messages and ids, its size in bytes.

    `partitions` are what the folders above it say, as year=2024: columns of one text each (None: missing).
    """

    system: pa.fs.FileSystem
    path: str
    where: str
    label: str
    size: int
    partitions: tuple[tuple[str, str | None], ...] = ()

    @property
    def suffix(self) -> str:
        """In lower case; two where the last says only that it is compressed."""
        return suffix_of(self.path)


def label_of(data: str | Path) -> str:
    """The name of a file, a folder or a pattern in messages, without the folders above it."""
    return PurePosixPath(str(data).partition("?")[0]).name if is_url(str(data)) else Path(data).name


def files_of(data: str | Path) -> list[File]:
    """The files that a path, a pattern or an object store's URL names, by name.

    Raises InputError where there are none, or some of another kind.
    """
    if is_url(str(data)):
        return _in_store(str(data))
    path = Path(data)
    if path.is_dir():
        return _of_one_suffix(str(path), _in_folder(pa.fs.LocalFileSystem(), path.as_posix(), str(path)))
    if path.exists():
        return _of_one_suffix(str(path), [_local(path)])
    if not glob.has_magic(str(data)):
        raise InputError(
            f"{path}: no such file or folder; give a {', '.join(SUFFIXES)} file, a folder of them, or a pattern"
        )
    found = sorted(glob.glob(str(data), recursive=True))  # noqa: PTH207
    root = _fixed_part(path)
    return _of_one_suffix(str(path), [_local(Path(name), root) for name in found])


def suffix_of(path: str) -> str:
    suffixes = PurePosixPath(path).suffixes
    end = 2 if suffixes and suffixes[-1].lower() == ".gz" else 1
    return "".join(suffixes[-end:]).lower() or "no suffix"


def _local(path: Path, root: Path | None = None) -> File:
    above = path.relative_to(root).parts[:-1] if root is not None else ()
    size = path.stat().st_size
    return File(pa.fs.LocalFileSystem(), str(path), str(path), path.name, size, _partitions(above))


def _fixed_part(pattern: Path) -> Path:
    """The folder that all of a pattern's files are in."""
    return next(parent for parent in pattern.parents if not glob.has_magic(str(parent)))


def _in_store(url: str) -> list[File]:
    """An object store's file, or all below a folder; whoever asks is known by the environment alone."""
    scheme, shown = url.partition("://")[0], without_secrets(url).partition("?")[0]
    if scheme not in _STORES:
        raise InputError(f"{shown}: unknown kind of store '{scheme}'; expected one of {', '.join(_STORES)}")
    check_no_secret(url)
    real = expanded(url)
    system, path = _reached(shown, lambda: pa.fs.FileSystem.from_uri(real))
    info = _reached(shown, lambda: system.get_file_info(path))
    if info.type == pa.fs.FileType.File:
        return _of_one_suffix(shown, [File(system, path, shown, PurePosixPath(path).name, info.size)])
    if info.type == pa.fs.FileType.NotFound:
        raise InputError(f"{shown}: no such file or folder in the store; patterns are not read there: give the folder")
    return _of_one_suffix(shown, _in_folder(system, path, shown))


def _reached(where: str, ask: Callable[[], T]) -> T:
    try:
        return ask()
    except (OSError, ValueError, pa.ArrowException) as error:
        why = lost_store(error) if is_url(where) else f"cannot be read ({type(error).__name__})"
        raise InputError(f"{where}: {why}") from None


def lost_store(error: Exception) -> str:
    """What an object store's error comes to, without the request that it quotes."""
    code = re.search(r"AWS Error ([A-Z_]+)|HTTP status (\d+)", str(error))
    return (
        f"the object store cannot be reached, or refuses ({code[0] if code else type(error).__name__}); check the "
        f"address, and the credentials in the environment, as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
    )


def _in_folder(system: pa.fs.FileSystem, folder: str, where: str) -> list[File]:
    """A folder's files by name, those of hive partitions too, less hidden ones and markers such as _SUCCESS."""
    below = _reached(where, lambda: _listed(system, folder))
    above = {part for parts, info in below for part in (parts if _is_folder(info) else parts[:-1])}
    if not all(_PARTITION.fullmatch(part) for part in above):
        raise InputError(f"{where}: holds folders, which would go unread; give a pattern, as '{where}/**/*.parquet'")
    return [
        File(system, info.path, f"{where}/{'/'.join(parts)}", "/".join(parts), info.size, _partitions(parts[:-1]))
        for parts, info in below
        if not _is_folder(info)
    ]


def _listed(system: pa.fs.FileSystem, folder: str) -> list[tuple[tuple[str, ...], pa.fs.FileInfo]]:
    """What is below a folder, by name: each with its path from there on."""
    found = system.get_file_info(pa.fs.FileSelector(folder, recursive=True))
    named = [(PurePosixPath(info.path).relative_to(PurePosixPath(folder)).parts, info) for info in found]
    shown = [one for one in named if not any(part.startswith((".", "_")) for part in one[0])]
    return sorted(shown, key=lambda one: one[0])


def _is_folder(info: pa.fs.FileInfo) -> bool:
    return bool(info.type == pa.fs.FileType.Directory)


def _partitions(folders: Iterable[str]) -> tuple[tuple[str, str | None], ...]:
    found = [match for folder in folders if (match := _PARTITION.fullmatch(folder))]
    return tuple((unquote(match[1]), None if match[2] == _NO_VALUE else unquote(match[2])) for match in found)


def _of_one_suffix(where: str, files: Sequence[File]) -> list[File]:
    if not files:
        raise InputError(f"{where}: no files there; expected {', '.join(SUFFIXES)}")
    suffixes = sorted({file.suffix for file in files})
    unknown = [suffix for suffix in suffixes if suffix not in SUFFIXES]
    if unknown or len(suffixes) > 1:
        raise InputError(
            f"{where}: got files of {', '.join(suffixes)}; expected one of {', '.join(SUFFIXES)}; move the others away "
            f"or give a pattern"
        )
    return list(files)
