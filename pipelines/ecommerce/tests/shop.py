"""A shop in a PostgreSQL of the test's own, and what PostgreSQL makes of it: the tables that Spark must make too."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from wavehouse.spec import Pipeline

_HERE = Path(__file__).parent
_SHOP = _HERE.parents[2] / "scripts" / "shop.ts"

#: Key of the masks, as the environment has it.
PII_KEY = "a key of the tests' own: ключ 🔑"

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Shop:
    """A running database and the scripts that fill it."""

    reader_url: str
    psql: tuple[str, ...]
    load_script: Path
    day_scripts: tuple[Path, ...]

    def load(self) -> None:
        """Makes the shop as it was before the first played day, and what is expected of no run yet."""
        self._run("-f", str(self.load_script))
        for name in ("versions", "silver", "gold"):
            self._run("-f", str(_HERE / "expected" / f"{name}.sql"))
        quoted = PII_KEY.replace("'", "''")
        self._run("-c", f"ALTER DATABASE shop SET shop.pii_key = '{quoted}'")

    def play(self, script: Path) -> None:
        """One more day happens."""
        self._run("-f", str(script))

    def change(self, sql: str) -> None:
        """Something else happens to the database."""
        self._run("-c", sql)

    def observe(self, pipeline: Pipeline, run: int, day: date) -> None:
        """Takes note of what an ingest sees now."""
        calls = []
        for table in pipeline.tables:
            keys = "{" + ",".join(table.keys) + "}"
            snapshot = table.settings["load"].get("deletes", {}).get("mode") == "snapshot"
            calls.append(f"SELECT expected.observe('{table.name}', '{keys}', {run}, '{day}', {snapshot});\n")
        self._run("-f", "-", text="".join(calls))

    def rows(self, query: str) -> Rows:
        """What a query gives; numbers and times as PostgreSQL writes them as text, in UTC."""
        fields = "SELECT to_jsonb(found) - '_' FROM (SELECT '' AS _, found.* FROM ({}) AS found) AS found"
        output = self._run("-At", "-c", fields.format(query))
        return [json.loads(line, parse_float=str) for line in output.splitlines()]

    def _run(self, *arguments: str, text: str | None = None) -> str:
        ended = subprocess.run(
            [*self.psql, *arguments], input=text, capture_output=True, text=True, check=False
        )
        if ended.returncode:
            raise AssertionError(ended.stderr)
        return ended.stdout


def run_shop(folder: Path, options: Sequence[str]) -> Iterator[Shop]:
    """Serves a shop while the caller holds the iterator. `options` are those of `scripts/shop.ts`."""
    scripts = folder / "shop"
    subprocess.run(["node", str(_SHOP), "scripts", str(scripts), *options], check=True)
    serve = ["node", str(_SHOP), "serve"]
    with subprocess.Popen(serve, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        if server.stdin is None or server.stdout is None:
            raise AssertionError("both are pipes")
        try:
            told = json.loads(server.stdout.readline())
            days = tuple(sorted(scripts.glob("day-*.sql")))
            yield Shop(told["readerUrl"], tuple(told["psql"]), scripts / "load.sql", days)
        finally:
            # The server ends with its standard input.
            server.stdin.close()
