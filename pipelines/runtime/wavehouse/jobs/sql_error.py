"""What Spark says of SQL that the user wrote, in a line."""

from __future__ import annotations

import re

#: `[DIVIDE_BY_ZERO] …`, as an error's own message or as the cause of a task that failed.
_CONDITION = re.compile(r"^(?:(?:Caused by)?: [\w.$]+: )?(\[[A-Z0-9_.]+\] .*)", re.MULTILINE)
_TASK_FAILURES = ("[TASK_WRITE_FAILED]", "[FAILED_EXECUTE_UDF]")

#: Where the message ends and the plan, the query or the Java stack begins.
_ENDS = (" SQLSTATE:", ";\n", "\n== SQL", "\n\nJVM stacktrace")


def sql_error(error: Exception) -> str | None:
    """The condition and message of an error in a query, the innermost where errors are nested.

    None where it is no error of SQL at all: a full disk, a file that is gone.
    """
    found = [text for text in _CONDITION.findall(str(error)) if not text.startswith(_TASK_FAILURES)]
    if not found:
        return None
    message = str(found[-1])
    for end in _ENDS:
        message = message.split(end, 1)[0]
    return " ".join(message.split())
