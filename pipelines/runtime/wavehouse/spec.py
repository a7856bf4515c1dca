"""What a pipeline's `pipeline.yaml` says, as values.

`pipelines/pipeline.schema.json` and the validate action hold what the file may say. Here stands only what
running it needs, so a file that validate has passed is read without a word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from wavehouse.errors import UserError
from wavehouse.spec_load import Load, read_load
from wavehouse.spec_maintenance import Maintenance, read_maintenance
from wavehouse.spec_partition import PartitionField, read_partitions
from wavehouse.spec_pii import Pii, read_pii
from wavehouse.yaml_node import YamlNode, read_yaml

if TYPE_CHECKING:
    from pathlib import Path

Severity = Literal["warn", "quarantine", "fail"]
Write = Literal["append", "overwrite-partition", "merge", "scd2"]
Contract = Literal["evolve", "freeze", "quarantine"]
Case = Literal["keep", "lower", "upper"]

API_VERSION = "wavehouse.dev/v1"

#: Columns that the runtime adds to every table; a pipeline cannot declare them.
RESERVED_COLUMNS = frozenset(
    {"ingest_date", "_source_file", "_source_index", "_faults", "_rule", "_reason", "_run_id"}
    # Raw's own, and what silver and staging add to a table that comes from raw.
    | {
        "_ingested_at",
        "_cursor",
        "_removed",
        "_generation",
        "_version",
        "_published_at",
        "_came",
        "_context",
    },
)

#: Columns that the runtime adds to some tables: a delete's mark, and the time of validity with scd2.
DELETED = "is_deleted"
VALID_FROM, VALID_TO, IS_CURRENT = "valid_from", "valid_to", "is_current"

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")

Named = TypeVar("Named", "Table", "Mart")


@dataclass(frozen=True)
class Storage:
    """Where the tables live: the format, the bucket, and a catalog's name where the format needs one."""

    format: str
    bucket: str
    catalog: str | None
    line: int


@dataclass(frozen=True)
class Source:
    """Where rows come from. `settings` is the source's block as the file has it, for its kind of ingest."""

    name: str
    type: str
    settings: dict[str, Any]
    line: int

    @property
    def is_database(self) -> bool:
        """Whether Spark reads it, into raw tables, rather than an ingest task, into bronze."""
        return self.type == "postgres"


@dataclass(frozen=True)
class Column:
    """A declared column. `source_field` is its name in the source's record.

    `expression` makes its value of the others', instead of reading it; `timezone` is that of source values without one.
    """

    name: str
    type: str
    source_field: str
    description: str | None = None
    deprecated: bool = False
    trim: bool = True
    case: Case = "keep"
    expression: str | None = None
    timezone: str = "UTC"
    pii: Pii | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    line: int = 0

    @property
    def is_kept(self) -> bool:
        """Whether silver holds it."""
        return not self.deprecated and (self.pii is None or self.pii.method != "drop")


@dataclass(frozen=True)
class Hook:
    """A table's own Python: a file in the pipeline's folder and the function in it."""

    file: str
    function: str
    line: int


@dataclass(frozen=True)
class Rule:
    """A condition that a row breaks when it is false there (null passes, as in SQL's CHECK)."""

    condition: str
    severity: Severity
    name: str
    line: int


@dataclass(frozen=True)
class Table:
    """A table. `settings` is its block as the file has it, for what only some kinds of table say."""

    name: str
    description: str | None
    source: str
    keys: tuple[str, ...]
    partitions: tuple[PartitionField, ...]
    write: Write
    load: Load
    history: tuple[str, ...]
    hook: Hook | None
    new_columns: Contract
    missing_columns: Contract
    columns: tuple[Column, ...]
    quality: tuple[Rule, ...]
    settings: dict[str, Any]
    line: int

    @property
    def kept(self) -> tuple[Column, ...]:
        """The columns that silver holds: all but the deprecated and the dropped."""
        return tuple(column for column in self.columns if column.is_kept)

    @property
    def read(self) -> tuple[Column, ...]:
        """The columns whose values come from the source; the dropped are among them, for the hook."""
        return tuple(column for column in self.columns if not column.deprecated and column.expression is None)

    @property
    def derived(self) -> tuple[Column, ...]:
        """The columns that an expression makes of the others, in the declared order."""
        return tuple(column for column in self.kept if column.expression is not None)

    @property
    def partition_by(self) -> tuple[str, ...]:
        """The columns by whose own values it is split."""
        return tuple(found.column for found in self.partitions if found.transform == "identity")


@dataclass(frozen=True)
class Query:
    """SQL that stands in the file itself."""

    sql: str
    line: int


@dataclass(frozen=True)
class Mart:
    """A gold table and the SQL file that makes it, relative to the pipeline's folder."""

    name: str
    description: str | None
    sql: str | None
    partitions: tuple[PartitionField, ...]
    grain: tuple[str, ...]
    quality: tuple[Rule, ...]
    touched_by: dict[str, Query]
    settings: dict[str, Any]
    line: int


@dataclass(frozen=True)
class Pipeline:
    """A whole `pipeline.yaml`. `schedule` is as the file has it: a text, or a mapping."""

    name: str
    owner: str
    description: str | None
    tags: tuple[str, ...]
    schedule: str | dict[str, Any]
    storage: Storage
    sources: dict[str, Source]
    tables: tuple[Table, ...]
    marts: tuple[Mart, ...]
    maintenance: Maintenance | None
    settings: dict[str, Any]
    file: Path

    @property
    def folder(self) -> Path:
        """The pipeline's own folder, which its SQL paths are relative to."""
        return self.file.parent

    def is_raw(self, table: Table) -> bool:
        """Whether a table's rows come through raw, from a database."""
        return self.sources[table.source].is_database

    def at(self, line: int) -> str:
        """`file:line`, to begin a message with."""
        return f"{self.file}:{line}"


def load_pipeline(file: Path) -> Pipeline:
    """Reads a `pipeline.yaml`.

    Throws UserError that names file and line when what running needs is missing or of the wrong type.
    """
    root = read_yaml(file)
    version = root.need("apiVersion")
    if version.value != API_VERSION:
        raise version.fault(f"expected {API_VERSION}, found {version.value!r}")
    kind = root.need("kind")
    if kind.value != "Pipeline":
        raise kind.fault(f"expected Pipeline, found {kind.value!r}")
    metadata = root.need("metadata")
    spec = root.need("spec")
    tags = metadata.get("tags")
    marts = spec.get("marts")
    sources = {name: _source(name, node) for name, node in spec.need("sources").entries()}
    return Pipeline(
        name=metadata.need("name").text(),
        owner=metadata.need("owner").text(),
        description=_optional_text(metadata, "description"),
        tags=tags.texts() if tags else (),
        schedule=_schedule(spec.need("schedule")),
        storage=_storage(spec.need("storage")),
        sources=sources,
        tables=_unique(tuple(_table(node, sources) for node in spec.need("tables").items()), file),
        marts=_unique(tuple(_mart(node) for node in marts.items()) if marts else (), file),
        maintenance=read_maintenance(spec.get("maintenance")),
        settings=cast("dict[str, Any]", spec.plain()),
        file=file,
    )


def _schedule(node: YamlNode) -> str | dict[str, Any]:
    return node.text() if isinstance(node.value, str) else _plain_mapping(node)


def _storage(node: YamlNode) -> Storage:
    return Storage(
        format=node.need("format").text(),
        bucket=node.need("bucket").text(),
        catalog=_optional_text(node, "catalog"),
        line=node.line,
    )


def _source(name: str, node: YamlNode) -> Source:
    return Source(name=name, type=node.need("type").text(), settings=_plain_mapping(node), line=node.line)


def _table(node: YamlNode, sources: dict[str, Source]) -> Table:
    source = node.need("source")
    if source.text() not in sources:
        raise source.fault(f"no such source: {source.text()} (there are: {', '.join(sources)})")
    columns = tuple(_column(name, column) for name, column in node.need("columns").entries())
    kept = {column.name for column in columns if column.is_kept}
    contract = node.get("contract")
    rules = node.get("quality")
    keys = _columns(node, "keys", kept)
    write = cast("Write", node.need("write").one_of("append", "overwrite-partition", "merge", "scd2"))
    if write in {"merge", "scd2"} and not keys:
        raise node.fault(f"`write: {write}` needs `keys`")
    return Table(
        name=node.need("name").text(),
        description=_optional_text(node, "description"),
        source=source.text(),
        keys=keys,
        partitions=read_partitions(node.get("partitionBy"), kept | {"ingest_date"}),
        write=write,
        load=_load(node, columns),
        history=_columns(node, "history", kept),
        hook=_hook(node.get("hook")),
        new_columns=_contract(contract, "newColumns"),
        missing_columns=_contract(contract, "missingColumns"),
        columns=columns,
        quality=tuple(_rule(rule) for rule in rules.items()) if rules else (),
        settings=_plain_mapping(node),
        line=node.line,
    )


def _columns(node: YamlNode, key: str, known: set[str]) -> tuple[str, ...]:
    found = node.get(key)
    if found is None:
        return ()
    for item in found.items():
        if item.text() not in known:
            raise item.fault(f"no such column: {item.text()} (there are: {', '.join(sorted(known))})")
    return found.texts()


def _load(node: YamlNode, columns: tuple[Column, ...]) -> Load:
    """How the table is read. What `load` names is a column of the table."""
    load = read_load(node.get("load"))
    names = {column.name for column in columns}
    for name in (load.cursor, load.deleted_column, load.split.column if load.split else None):
        if name is not None and name not in names:
            raise node.need("load").fault(f"no such column: {name} (there are: {', '.join(sorted(names))})")
    return load


def _hook(node: YamlNode | None) -> Hook | None:
    return Hook(node.need("file").text(), node.need("function").text(), node.line) if node else None


def _column(name: str, node: YamlNode) -> Column:
    if name.lower() in RESERVED_COLUMNS:
        raise node.fault(f"`{name}` is a column of the runtime's own: use another name and `from: {name}`")
    if not _IDENTIFIER.fullmatch(name):
        raise node.fault("a column's name is letters, digits and _")
    if isinstance(node.value, str):
        return Column(name, node.text(), name, line=node.line)
    deprecated = node.get("deprecated")
    trim = node.get("trim")
    case = node.get("case")
    timezone = _optional_text(node, "timezone")
    return Column(
        name=name,
        type=node.need("type").text(),
        source_field=_optional_text(node, "from") or name,
        description=_optional_text(node, "description"),
        deprecated=deprecated.flag() if deprecated else False,
        trim=trim.flag() if trim else True,
        case=cast("Case", case.one_of("keep", "lower", "upper")) if case else "keep",
        expression=_optional_text(node, "expression"),
        timezone=timezone or "UTC",
        pii=read_pii(node.get("pii")),
        settings=_plain_mapping(node),
        line=node.line,
    )


def _rule(node: YamlNode) -> Rule:
    condition = node.need("rule").text()
    severity = cast("Severity", node.need("severity").one_of("warn", "quarantine", "fail"))
    return Rule(condition, severity, _optional_text(node, "name") or condition, node.line)


def _mart(node: YamlNode) -> Mart:
    grain = node.get("grain")
    rules = node.get("quality")
    return Mart(
        name=node.need("name").text(),
        description=_optional_text(node, "description"),
        sql=_optional_text(node, "sql"),
        partitions=read_partitions(node.get("partitionBy"), None),
        grain=grain.texts() if grain else (),
        quality=tuple(_rule(rule) for rule in rules.items()) if rules else (),
        touched_by=_touched_by(node.get("touchedBy")),
        settings=_plain_mapping(node),
        line=node.line,
    )


def _touched_by(node: YamlNode | None) -> dict[str, Query]:
    return {name: Query(query.text(), query.line) for name, query in node.entries()} if node else {}


def _contract(node: YamlNode | None, key: str) -> Contract:
    found = node.get(key) if node else None
    return cast("Contract", found.one_of("evolve", "freeze", "quarantine")) if found else "freeze"


def _unique(named: tuple[Named, ...], file: Path) -> tuple[Named, ...]:
    seen: dict[str, int] = {}
    for item in named:
        if item.name in seen:
            raise UserError(f"{file}:{item.line}: {item.name} is declared already, at line {seen[item.name]}")
        seen[item.name] = item.line
    return named


def _optional_text(node: YamlNode, key: str) -> str | None:
    found = node.get(key)
    return found.text() if found else None


def _plain_mapping(node: YamlNode) -> dict[str, Any]:
    if not isinstance(node.value, dict):
        raise node.fault("expected a mapping")
    return cast("dict[str, Any]", node.plain())
