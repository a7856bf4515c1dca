"""The Java that Spark needs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from wavehouse.errors import UserError

#: Spark 4.1 is built for 17 and tested with 21 too.
SUPPORTED = (17, 21)

_HOW = "install a JRE of version 17 (Debian: `apt install openjdk-17-jre-headless`) and set JAVA_HOME to its folder"


def java_home() -> Path:
    """The home of the Java that a local Spark will use: JAVA_HOME, else that of `java` on the PATH.

    Throws UserError when there is none, or of a version that Spark does not run on.
    """
    given = os.environ.get("JAVA_HOME")
    found = None if given else shutil.which("java")
    if given and not (Path(given) / "bin" / "java").is_file():
        raise UserError(f"JAVA_HOME={given}: no bin/java there: {_HOW}")
    if not given and not found:
        raise UserError(f"no Java: JAVA_HOME is not set and there is no `java` on the PATH: {_HOW}")
    home = Path(given) if given else Path(str(found)).resolve().parents[1]
    version = _version(home)
    if version not in SUPPORTED:
        wanted = " or ".join(str(one) for one in SUPPORTED)
        raise UserError(
            f"{home} is Java {version or 'of an unknown version'}, and Spark needs {wanted}: {_HOW}"
        )
    return home


def _version(home: Path) -> int | None:
    """The major version, from the home's `release` file; from the program itself where there is none."""
    try:
        text = (home / "release").read_text()
    except OSError:
        done = subprocess.run(
            [home / "bin" / "java", "-version"], capture_output=True, text=True, check=False
        )
        text = done.stderr
    match = re.search(r'(?:JAVA_VERSION=|version )"(\d+)(?:\.(\d+))?', text)
    if match is None:
        return None
    major = int(match[1])
    # Java 8 called itself 1.8.
    return int(match[2]) if major == 1 and match[2] else major
