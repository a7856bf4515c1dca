"""Brings the code that an image carries to this machine, by its digest."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
import uuid
from pathlib import Path

from wavehouse.errors import UserError

CRANE_VARIABLE = "WAVEHOUSE_CRANE"
IMAGES_VARIABLE = "WAVEHOUSE_IMAGES"

#: What an image carries of ours; the rest of it is its base.
_OURS = "opt/wavehouse/"


class _UnsafeEntryError(Exception):
    """What an image must not hold: a link or a device, or a path that leads outside."""


def unpack_image(reference: str) -> Path:
    """Pulls an image and unpacks what it carries below /opt/wavehouse. Nothing is pulled twice.

    Crane checks manifest and layers against the digest. Returns the folder that stands for the image's root. Throws
    UserError when the reference has no digest, the registry refuses, or the image holds what could reach outside.
    """
    _, _, digest = reference.partition("@")
    if not digest:
        raise UserError(f"image {reference}: expected a digest, name:tag@sha256:…")
    folder = Path(_setting(IMAGES_VARIABLE))
    target = folder / digest.replace(":", "-")
    if target.is_dir():
        return target
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f".{target.name}.{uuid.uuid4().hex}"
    try:
        _export(reference, part)
        try:
            part.rename(target)
        except OSError:
            # Another task was first: its content is the same, by the digest.
            if not target.is_dir():
                raise
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return target


def _export(reference: str, folder: Path) -> None:
    command = [_setting(CRANE_VARIABLE), "export", reference, "-"]
    fault: tarfile.TarError | _UnsafeEntryError | None = None
    try:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except OSError as error:
        raise UserError(
            f"cannot run crane at {command[0]} ({error.strerror}): see {CRANE_VARIABLE}"
        ) from error
    with process:
        assert process.stdout and process.stderr  # noqa: S101, PT018
        try:
            found = _unpack(process.stdout, folder)
        except (tarfile.TarError, _UnsafeEntryError) as error:
            found, fault = False, error
            process.kill()
        said = process.stderr.read().decode(errors="replace").strip()
    if process.returncode != 0 and not isinstance(fault, _UnsafeEntryError):
        last = said.splitlines()[-1] if said else f"crane ended with status {process.returncode}"
        last = last.removeprefix("Error: ")
        raise UserError(
            f"cannot pull {reference}: {last}: is the registry up, and was this image pushed to it?"
        )
    if fault is not None:
        raise UserError(f"image {reference}: cannot be unpacked: {fault}") from fault
    if not found:
        raise UserError(f"image {reference}: holds nothing below /{_OURS}: is it a pipeline's image?")


def _unpack(stream: object, folder: Path) -> bool:
    """Unpacks our part of the tar stream: files and folders, and nothing else. (tarfile's own `data` filter, which
    would also take links inside, is missing from Python 3.11 before 3.11.4.)
    """
    found = False
    with tarfile.open(fileobj=stream, mode="r|") as archive:  # type: ignore[call-overload]
        for member in archive:
            name = os.path.normpath(member.name).lstrip("/")
            leads_up = ".." in member.name.split("/")
            if not f"{name}/".startswith(_OURS) and not leads_up:
                continue
            if leads_up or not (member.isfile() or member.isdir()):
                raise _UnsafeEntryError(f"{member.name}: neither a file nor a folder below /{_OURS}")
            _write(archive, member, folder / name)
            found = True
    return found


def _write(archive: tarfile.TarFile, member: tarfile.TarInfo, path: Path) -> None:
    content = archive.extractfile(member)
    if content is None:
        path.mkdir(parents=True, exist_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        shutil.copyfileobj(content, file)


def _setting(name: str) -> str:
    found = os.environ.get(name)
    if not found:
        raise UserError(f"{name} is not set: local Spark jobs need it")
    return found
