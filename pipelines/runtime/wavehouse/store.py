"""The object store, for what Spark does not read or write itself."""

from __future__ import annotations

import os
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import fsspec

from wavehouse.errors import UserError
from wavehouse.s3_objects import S3Objects

STORE_VARIABLE = "WAVEHOUSE_STORE"


class FileSystem(Protocol):
    """What a store needs of a file system, in fsspec's words. Paths have no scheme."""

    def cat_file(self, path: str) -> bytes:
        """The whole of a file. Throws FileNotFoundError."""

    def pipe_file(self, path: str, data: bytes) -> None:
        """Writes a file."""

    def exists(self, path: str) -> bool:
        """Whether there is a file or folder."""

    def find(self, path: str) -> list[str]:
        """The paths of all files below a folder."""

    def rm(self, path: str, *, recursive: bool) -> None:
        """Removes a file, or a folder with all that is in it."""


@dataclass(frozen=True)
class Store:
    """One bucket. Keys are paths below it, with `/`, as `layout` makes them."""

    root: str
    filesystem: FileSystem

    @staticmethod
    def open(bucket: str, template: str | None = None) -> Store:
        """Opens a bucket.

        `template` is a URL with `{bucket}` in it (`s3a://{bucket}`, `file:///data/{bucket}`); without it, the
        environment's WAVEHOUSE_STORE. Throws UserError when there is none or it has no `{bucket}`.
        """
        found = template or os.environ.get(STORE_VARIABLE)
        if not found:
            raise UserError(
                f"{STORE_VARIABLE} is not set: give it a URL with {{bucket}}, such as s3a://{{bucket}}"
            )
        if "{bucket}" not in found or "://" not in found:
            raise UserError(
                f"{STORE_VARIABLE}={found}: expected a URL with {{bucket}}, such as file:///data/{{bucket}}"
            )
        root = found.replace("{bucket}", bucket).rstrip("/")
        scheme = root.split("://", 1)[0]
        # Hadoop says s3a for what everybody else calls s3.
        return Store(root, S3Objects() if scheme in ("s3", "s3a") else fsspec.filesystem(scheme))

    def url(self, key: str) -> str:
        """The address by which Spark knows a key."""
        return f"{self.root}/{key}"

    def read(self, key: str) -> bytes:
        """The whole of an object. Throws FileNotFoundError."""
        return self.filesystem.cat_file(self._path(key))

    def exists(self, key: str) -> bool:
        """Whether there is an object, or a folder with something in it."""
        return bool(self.filesystem.exists(self._path(key)))

    def list(self, prefix: str) -> list[str]:
        """Keys of all objects below a prefix, sorted; none where there is no such folder."""
        base = f"{self._path('')}/"
        found = self.filesystem.find(self._path(prefix))
        return sorted(path.split(base, 1)[1] for path in found)

    def delete(self, prefix: str) -> None:
        """Removes an object, or all below a prefix. Nothing there is no error."""
        if self.exists(prefix):
            self.filesystem.rm(self._path(prefix), recursive=True)

    def write_atomic(self, key: str, data: bytes) -> None:
        """Writes an object whole or not at all, so that it survives a crash once written.

        One PUT on an object store; a synced file of another name and a rename on a file system.
        """
        if not self._is_local():
            self.filesystem.pipe_file(self._path(key), data)
            return
        target = Path(self._path(key))
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.{uuid.uuid4().hex}.part")
        try:
            with part.open("wb") as handle:
                handle.write(data)
                handle.flush()
                os.fsync(handle.fileno())
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
        _sync_folder(target.parent)

    def _is_local(self) -> bool:
        return self.root.startswith("file://")

    def _path(self, key: str) -> str:
        """The key as the file system wants it: an absolute path, or bucket and key."""
        base = self.root.split("://", 1)[1]
        return f"{base}/{key}" if key else base


def _sync_folder(folder: Path) -> None:
    """Makes a rename in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
