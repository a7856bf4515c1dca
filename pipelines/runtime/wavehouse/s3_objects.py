"""The few things that the runtime does with objects in S3, straight on the client of AWS.

There is no cache of what was listed: other processes write to the same bucket.
"""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from collections.abc import Iterator

_GONE = ("404", "NoSuchKey")
#: The most objects that S3 removes at once.
_AT_ONCE = 1000


class S3Objects:
    """Objects by path, `<bucket>/<key>`. Each write is one PUT: whole, or not there.

    Endpoint, region and key come from where every client of AWS takes them (AWS_ENDPOINT_URL_S3, AWS_DEFAULT_REGION,
    AWS_ACCESS_KEY_ID, a cloud's own identity …).
    """

    def cat_file(self, path: str) -> bytes:
        """The whole of an object. Throws FileNotFoundError."""
        bucket, key = _split(path)
        try:
            return cast("bytes", self._client.get_object(Bucket=bucket, Key=key)["Body"].read())
        except ClientError as error:
            if error.response["Error"]["Code"] in _GONE:
                raise FileNotFoundError(f"s3://{path}") from error
            raise

    def pipe_file(self, path: str, data: bytes) -> None:
        """Writes an object."""
        bucket, key = _split(path)
        self._client.put_object(Bucket=bucket, Key=key, Body=data)

    def exists(self, path: str) -> bool:
        """Whether there is an object, or a folder with something in it."""
        return self._is_object(path) or any(self._below(path))

    def find(self, path: str) -> list[str]:
        """The paths of an object and of all below a folder of that name."""
        return [*([path] if self._is_object(path) else []), *self._below(path)]

    def rm(self, path: str, *, recursive: bool) -> None:
        """Removes an object and, if asked, all below a folder of that name."""
        bucket, key = _split(path)
        keys = [_split(found)[1] for found in self.find(path)] if recursive else [key]
        for first in range(0, len(keys), _AT_ONCE):
            batch = [{"Key": one} for one in keys[first : first + _AT_ONCE]]
            done = self._client.delete_objects(Bucket=bucket, Delete={"Objects": batch, "Quiet": True})
            for error in done.get("Errors", []):
                raise OSError(f"s3://{bucket}/{error['Key']}: cannot be removed: {error.get('Message', '')}")

    def _is_object(self, path: str) -> bool:
        bucket, key = _split(path)
        if not key:
            return False
        try:
            self._client.head_object(Bucket=bucket, Key=key)
        except ClientError as error:
            if error.response["Error"]["Code"] in _GONE:
                return False
            raise
        return True

    def _below(self, path: str) -> Iterator[str]:
        bucket, key = _split(path)
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=bucket, Prefix=f"{key}/" if key else ""
        )
        for entry in (entry for page in pages for entry in page.get("Contents", [])):
            # Hadoop marks a folder by an object of its name, with a slash.
            if not entry["Key"].endswith("/"):
                yield f"{bucket}/{entry['Key']}"

    @cached_property
    def _client(self) -> Any:  # noqa: ANN401  (made at run time from AWS's own description)
        # A store of one's own has no name server for `<bucket>.<host>`; AWS wants just that.
        own = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")
        config = Config(
            s3={"addressing_style": "path" if own else "auto"},
            # Doubled waits, up to 20 s each: a store that is away for half a minute is waited for.
            retries={"mode": "standard", "total_max_attempts": 10},
            connect_timeout=10,
            read_timeout=60,
        )
        return botocore.session.get_session().create_client("s3", config=config)


def _split(path: str) -> tuple[str, str]:
    bucket, _, key = path.partition("/")
    return bucket, key.rstrip("/")
