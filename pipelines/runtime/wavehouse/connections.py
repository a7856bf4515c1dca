"""The environment's connections and secrets, by the names that pipelines call them."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from wavehouse.errors import UserError

_SCHEMES = ("postgresql", "postgres")
_DEFAULT_PORT = 5432


@dataclass(frozen=True)
class Database:
    """A PostgreSQL database and who reads it. The password never shows where this is printed."""

    variable: str
    host: str
    port: int
    name: str
    user: str
    password: str = field(repr=False)

    @property
    def jdbc_url(self) -> str:
        """Its address for JDBC, without user and password."""
        return f"jdbc:postgresql://{self.host}:{self.port}/{self.name}"

    @property
    def shown(self) -> str:
        """Its address for messages."""
        return f"postgresql://{self.host}:{self.port}/{self.name}"


def connection_variable(name: str) -> str:
    """The environment variable that holds a connection's address."""
    return f"WAVEHOUSE_CONNECTION_{_upper(name)}"


def secret_variable(name: str) -> str:
    """The environment variable that holds a secret."""
    return f"WAVEHOUSE_SECRET_{_upper(name)}"


def database(name: str) -> Database:
    """The database of a connection.

    Throws UserError, which never says what the variable holds, where there is none or it is no such address.
    """
    variable = connection_variable(name)
    expected = "expected postgresql://user:password@host:port/database"
    found = os.environ.get(variable)
    if not found:
        raise UserError(f"{variable} is not set: the connection {name} needs its address, {expected}")
    try:
        parts = urlsplit(found)
        port = parts.port or _DEFAULT_PORT
    except ValueError as error:
        # The error itself would show a part of what must not be shown.
        raise UserError(f"{variable}: not an address: {expected}") from error.with_traceback(None)
    path = parts.path.lstrip("/")
    if parts.scheme not in _SCHEMES or not (parts.hostname and path and parts.username):
        raise UserError(f"{variable}: not an address of a database: {expected}")
    return Database(
        variable=variable,
        host=f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname,
        port=port,
        name=unquote(path),
        user=unquote(parts.username),
        password=unquote(parts.password or ""),
    )


def secret(name: str) -> str:
    """A secret. Throws UserError where there is none."""
    variable = secret_variable(name)
    found = os.environ.get(variable)
    if not found:
        raise UserError(f"{variable} is not set: give it the secret {name}")
    return found


def _upper(name: str) -> str:
    return re.sub(r"[^A-Z0-9]", "_", name.upper())
