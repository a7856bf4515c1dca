"""A parsed YAML value that knows where in its file it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from wavehouse.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

_SHOWN = 60


@dataclass(frozen=True)
class YamlNode:
    """A value, with the file, line (from 1) and path (`spec.tables[0].keys`) where it was found."""

    value: Any
    file: Path
    line: int
    path: str

    def fault(self, message: str) -> UserError:
        """An error that names this place."""
        return UserError(f"{self.file}:{self.line}: {self.path or 'the file'}: {message}")

    def get(self, key: str) -> YamlNode | None:
        """The value of a key; None where it is absent or null. Throws UserError on what is no mapping."""
        mapping = self._mapping()
        value = mapping.get(key)
        return None if value is None else self._child(value, key, f"{self.path}.{key}" if self.path else key)

    def need(self, key: str) -> YamlNode:
        """The value of a key that must be there."""
        found = self.get(key)
        if found is None:
            raise self.fault(f"`{key}` is missing")
        return found

    def entries(self) -> Iterator[tuple[str, YamlNode]]:
        """Keys and values of a mapping, in the file's order."""
        for key, value in self._mapping().items():
            yield str(key), self._child(value, key, f"{self.path}.{key}")

    def items(self) -> Iterator[YamlNode]:
        """Items of a list, in the file's order."""
        if not isinstance(self.value, Sequence) or isinstance(self.value, str):
            raise self.fault("expected a list")
        for index, value in enumerate(self.value):
            yield YamlNode(value, self.file, _line(self.value, index, self.line), f"{self.path}[{index}]")

    def text(self) -> str:
        """This value as a string."""
        if not isinstance(self.value, str):
            raise self.fault(f"expected a text, found {_brief(self.value)}")
        return str(self.value)

    def texts(self) -> tuple[str, ...]:
        """This value as a list of strings."""
        return tuple(item.text() for item in self.items())

    def flag(self) -> bool:
        """This value as true or false."""
        if not isinstance(self.value, bool):
            raise self.fault(f"expected true or false, found {_brief(self.value)}")
        return bool(self.value)

    def number(self) -> float:
        """This value as a number."""
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            raise self.fault(f"expected a number, found {_brief(self.value)}")
        return float(self.value)

    def integer(self) -> int:
        """This value as a whole number."""
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            raise self.fault(f"expected a whole number, found {_brief(self.value)}")
        return int(self.value)

    def one_of(self, *allowed: str) -> str:
        """This value as one of the given words."""
        if self.value not in allowed:
            raise self.fault(f"expected {' | '.join(allowed)}, found {_brief(self.value)}")
        return str(self.value)

    def plain(self) -> object:
        """This value as plain dicts, lists and scalars."""
        return _plain(self.value)

    def _mapping(self) -> Mapping[Any, Any]:
        if not isinstance(self.value, Mapping):
            raise self.fault(f"expected a mapping, found {_brief(self.value)}")
        return self.value

    def _child(self, value: object, key: object, path: str) -> YamlNode:
        return YamlNode(value, self.file, _line(self.value, key, self.line), path)


def read_yaml(file: Path) -> YamlNode:
    """Reads one YAML 1.2 document.

    Throws UserError when the file is missing, is not YAML, or holds no document.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{file}: cannot be read: {error}") from error
    # Round-trip mode constructs plain values only, like the safe one, and keeps the lines.
    loader = YAML(typ="rt", pure=True)
    try:
        value = loader.load(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"{file}:{mark.line + 1}:{mark.column + 1}" if mark else str(file)
        raise UserError(f"{where}: not YAML: {error.problem or error.context}") from error
    except YAMLError as error:
        raise UserError(f"{file}: not YAML: {error}") from error
    if value is None:
        raise UserError(f"{file}: is empty")
    return YamlNode(value, file, 1, "")


def _line(container: object, key: object, fallback: int) -> int:
    """Line of a mapping's key or of a list's item; a flow collection's own line where ruamel kept none."""
    data = getattr(getattr(container, "lc", None), "data", None)
    if not isinstance(data, dict) or key not in data:
        return fallback
    return int(data[key][0]) + 1


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Sequence):
        return [_plain(item) for item in value]
    return int(value) if isinstance(value, int) else float(value) if isinstance(value, float) else value


def _brief(value: object) -> str:
    text = repr(_plain(value))
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
