"""Reading a PostgreSQL database: in one snapshot, read only, with no more connections than the source allows."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from py4j.protocol import Py4JJavaError

from wavehouse.connections import Database, database
from wavehouse.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyspark.sql import DataFrame, SparkSession

    from wavehouse.spec import Pipeline, Source

_DRIVER = "org.postgresql.Driver"
_INTEGERS = ("smallint", "integer", "bigint")
_BEGIN = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
_COLUMNS = """
    SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
    WHERE attrelid = to_regclass(?) AND attnum > 0 AND NOT attisdropped ORDER BY attnum"""
#: Seconds until a connection that is not answered is given up.
_CONNECT_SECONDS = "20"


@dataclass(frozen=True)
class Relation:
    """A table of the source: its name in SQL, and its columns' types as PostgreSQL calls them, in their order."""

    name: str
    types: dict[str, str]

    def select(self, columns: dict[str, str], where: str = "") -> str:
        """A query of expressions by name."""
        chosen = ", ".join(f"{expression} AS {quoted(name)}" for name, expression in columns.items())
        return f"SELECT {chosen} FROM {self.name}" + (f" WHERE {where}" if where else "")  # noqa: S608


@dataclass(frozen=True)
class Range:
    """A read split on a column: an expression, whether it is a whole number, and into how many parts."""

    expression: str
    whole: bool
    parts: int


class SourceSnapshot:
    """The database as it is at one moment, for as long as its own connection is open."""

    def __init__(self, spark: SparkSession, source: Source, place: Database, connection: Any) -> None:  # noqa: ANN401
        self._spark = spark
        self._place = place
        self._connection = connection
        self._schema = str(source.settings.get("schema", "public"))
        self._fetch = str(source.settings.get("fetchSize", 10000))
        allowed = int(source.settings.get("maxConnections", 4))
        #: The snapshot's own connection is one of those that the source allows.
        self.reads_at_once = max(1, allowed - 1)
        self._id = self.value("SELECT pg_export_snapshot()") if allowed > 1 else None
        self.where = f"{place.shown} ({place.variable})"

    def relation(self, name: str) -> Relation | None:
        """A table by its name, with its schema's before it where that is not the source's own; None without one."""
        schema, _, table = name.rpartition(".")
        full = f"{quoted(schema or self._schema)}.{quoted(table)}"
        types = {str(column): str(kind) for column, kind in self.rows(_COLUMNS, full)}
        return Relation(full, types) if types else None

    def value(self, sql: str) -> str | None:
        """The one value of a query, as text."""
        return self.rows(sql)[0][0]

    def rows(self, sql: str, *parameters: str) -> list[tuple[str | None, ...]]:
        """The few rows of a query, as texts. The only ones that the driver reads itself."""
        statement = self._connection.prepareStatement(sql)
        try:
            for number, parameter in enumerate(parameters, start=1):
                statement.setString(number, parameter)
            return _all(statement.executeQuery())
        except Py4JJavaError as error:
            raise source_error(error, self.where) from None
        finally:
            statement.close()

    def read(self, query: str, split: Range | None = None) -> DataFrame:
        """A query's rows, in as many parts as `split` says; no more are read at once than may be."""
        properties = {
            "driver": _DRIVER,
            "user": self._place.user,
            "password": self._place.password,
            "fetchsize": self._fetch,
            "sessionInitStatement": self._session(),
        }
        reader = self._spark.read.options(**properties)
        if split is None:
            return reader.jdbc(self._place.jdbc_url, f"({query}) AS source", properties={"driver": _DRIVER})
        parts = self._parts(query, split)
        found = reader.jdbc(
            self._place.jdbc_url,
            f"({query}) AS source",
            predicates=parts,
            properties={"driver": _DRIVER},
        )
        # A task reads its parts one after the other.
        return found.coalesce(min(len(parts), self.reads_at_once))

    def _parts(self, query: str, split: Range) -> list[str]:
        """Conditions on the query's column `_split`, which together every row meets just once."""
        if not split.whole:
            slot = f"mod(hashtext(_split::text)::bigint + 2147483648, {split.parts})"
            return [
                f"{slot} = {number}" + (" OR _split IS NULL" if number == 0 else "")
                for number in range(split.parts)
            ]
        low, high = self.rows(f"SELECT min(_split), max(_split) FROM ({query}) AS source")[0]  # noqa: S608
        if low is None or high is None:
            return ["true"]
        first, count = int(low), min(split.parts, int(high) - int(low) + 1)
        bounds = [first + (int(high) + 1 - first) * number // count for number in range(1, count)]
        conditions = []
        for number in range(count):
            limits = [f"_split >= {bounds[number - 1]}"] if number else []
            limits += [f"_split < {bounds[number]}"] if number < len(bounds) else []
            condition = " AND ".join(limits) or "true"
            conditions.append(condition if number else f"({condition}) OR _split IS NULL")
        return conditions

    def _session(self) -> str:
        snapshot = f"; SET TRANSACTION SNAPSHOT '{self._id}'" if self._id else ""
        return f"{_BEGIN}{snapshot}; SET TIME ZONE 'UTC'"


@contextmanager
def open_snapshot(spark: SparkSession, pipeline: Pipeline, source: Source) -> Iterator[SourceSnapshot]:
    """Opens a source's database for reading. Throws UserError when it cannot be reached or refuses."""
    place = database(str(source.settings["connection"]))
    jvm = cast("Any", spark)._jvm  # noqa: SLF001
    properties = getattr(jvm, "java.util.Properties")()
    given = {"user": place.user, "password": place.password, "connectTimeout": _CONNECT_SECONDS}
    for name, value in given.items():
        properties.setProperty(name, value)
    try:
        connection = getattr(jvm, _DRIVER)().connect(place.jdbc_url, properties)
        connection.setAutoCommit(False)
        statement = connection.createStatement()
        statement.execute(f"{_BEGIN}; SET TIME ZONE 'UTC'")
        statement.close()
    except Py4JJavaError as error:
        where = f"{pipeline.at(source.line)}: source {source.name}: {place.shown} ({place.variable})"
        raise source_error(error, where) from None
    try:
        yield SourceSnapshot(spark, source, place, connection)
    finally:
        connection.close()


def _all(found: Any) -> list[tuple[str | None, ...]]:  # noqa: ANN401  (a java.sql.ResultSet)
    width = found.getMetaData().getColumnCount()
    rows = []
    while found.next():
        rows.append(tuple(found.getString(number) for number in range(1, width + 1)))
    return rows


def source_error(error: Py4JJavaError, where: str) -> UserError:
    """What a database said, in a line."""
    said = str(error.java_exception.getMessage() or error.java_exception.getClass().getName())
    return UserError(f"{where}: {' '.join(said.split())}")


def quoted(name: str) -> str:
    """A name as PostgreSQL takes it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as PostgreSQL takes it."""
    return "'" + text.replace("'", "''") + "'"


def is_whole(kind: str) -> bool:
    """Whether a type of PostgreSQL is a whole number's."""
    return kind in _INTEGERS


def spark_type(kind: str) -> str:
    """Spark's type for one of PostgreSQL's; a text for what Spark has no type for."""
    plain = {
        "smallint": "smallint",
        "integer": "int",
        "bigint": "bigint",
        "real": "float",
        "double precision": "double",
        "boolean": "boolean",
        "date": "date",
        "timestamp with time zone": "timestamp",
        "timestamp without time zone": "timestamp",
    }
    numeric = re.fullmatch(r"numeric\((\d+),(\d+)\)", kind)
    if numeric and int(numeric[1]) <= 38:  # noqa: PLR2004  (digits of Spark's widest decimal)
        return f"decimal({numeric[1]},{numeric[2]})"
    return plain.get(re.sub(r"\(\d+\)", "", kind), "string")
