"""A table's own Python, between typing and masking."""

from __future__ import annotations

import importlib.util
import sys
from typing import TYPE_CHECKING, Any

from pyspark import cloudpickle
from pyspark.sql import DataFrame

from wavehouse.errors import UserError

if TYPE_CHECKING:
    from types import ModuleType

    from wavehouse.spec import Hook, Pipeline, Table


def apply_hook(pipeline: Pipeline, table: Table, rows: DataFrame) -> DataFrame:
    """The rows as the table's hook returns them; as they are where it has none.

    Throws UserError when there is no such function, or it returns other columns or types.
    """
    if table.hook is None:
        return rows
    where = f"{pipeline.at(table.hook.line)}: table {table.name}: hook {table.hook.file}"
    function = getattr(_module(pipeline, table.hook, where), table.hook.function, None)
    if not callable(function):
        raise UserError(f"{where}: has no function {table.hook.function}")
    made: Any = function(rows)
    if not isinstance(made, DataFrame):
        raise UserError(f"{where}: {table.hook.function} returned no DataFrame")
    wanted = {field.name: field.dataType.simpleString() for field in rows.schema}
    found = {field.name: field.dataType.simpleString() for field in made.schema}
    for name in sorted(wanted.keys() | found.keys()):
        if wanted.get(name) != found.get(name):
            raise UserError(
                f"{where}: {table.hook.function} returned {name} as {found.get(name, 'nothing')}: "
                f"expected {wanted.get(name, 'no such column')}"
            )
    return made.select(*rows.columns)


def _module(pipeline: Pipeline, hook: Hook, where: str) -> ModuleType:
    file = pipeline.folder / hook.file
    spec = importlib.util.spec_from_file_location(f"wavehouse_hook_{file.stem}", file)
    if spec is None or spec.loader is None or not file.is_file():
        raise UserError(f"{where}: cannot be read")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise UserError(f"{where}: {type(error).__name__}: {error}") from error
    # An executor cannot import it: a function of it travels whole.
    cloudpickle.register_pickle_by_value(module)  # type: ignore[no-untyped-call]
    return module
