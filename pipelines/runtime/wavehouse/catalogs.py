"""What a catalog's name stands for in this environment, in Spark's words."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from wavehouse.errors import UserError

if TYPE_CHECKING:
    from wavehouse.store import Store

CATALOGS_VARIABLE = "WAVEHOUSE_CATALOGS"

_TYPES = ("jdbc", "rest", "glue")
_KIND = "org.apache.iceberg.spark.SparkCatalog"
_EXAMPLE = '{"iceberg": {"type": "rest", "uri": "http://catalog:19120/iceberg"}}'


def catalog_conf(name: str, store: Store) -> dict[str, str]:
    """Spark's settings of a catalog, without its name before them.

    The environment's WAVEHOUSE_CATALOGS says what it is: JSON, by name, `type` (jdbc, rest or glue) and that type's own
    properties. A catalog that it does not name is a file (SQLite) beside the tables, where the store is a folder.
    Throws UserError where that cannot be.
    """
    # Tables are read and written by other processes too, so nothing of them is kept.
    common = {"": _KIND, "cache-enabled": "false", "warehouse": store.root}
    given = _declared().get(name)
    if given is None:
        return common | _embedded(name, store)
    kind = given.get("type")
    if kind not in _TYPES:
        raise UserError(f"{CATALOGS_VARIABLE}: {name}: `type` is {kind!r}: expected {', '.join(_TYPES)}")
    return common | {str(key): _text(value) for key, value in given.items()}


def _embedded(name: str, store: Store) -> dict[str, str]:
    scheme, _, path = store.root.partition("://")
    if scheme != "file":
        raise UserError(
            f"{CATALOGS_VARIABLE} does not name the catalog {name}, and {store.root} is no folder that could hold one: "
            f"give it what the catalog is, such as {_EXAMPLE}"
        )
    folder = Path(path) / "_catalogs"
    folder.mkdir(parents=True, exist_ok=True)
    return {
        "type": "jdbc",
        "uri": f"jdbc:sqlite:{folder / name}.db",
        "jdbc.schema-version": "V1",
        # Another process may be writing: milliseconds to wait for it.
        "jdbc.busy_timeout": "30000",
    }


def _declared() -> dict[str, dict[str, Any]]:
    text = os.environ.get(CATALOGS_VARIABLE)
    if not text:
        return {}
    try:
        found: object = json.loads(text)
    except ValueError as error:
        raise UserError(f"{CATALOGS_VARIABLE}: not JSON: {error}: expected {_EXAMPLE}") from error
    if not isinstance(found, dict) or not all(isinstance(entry, dict) for entry in found.values()):
        raise UserError(
            f"{CATALOGS_VARIABLE}: expected an object for each catalog's name, such as {_EXAMPLE}"
        )
    return cast("dict[str, dict[str, Any]]", found)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
