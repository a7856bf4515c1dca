"""The one error for what a user can mend."""

from __future__ import annotations


class UserError(Exception):
    """Something wrong with a file, a setting or the data, not with this code.

    The message says what, where (`file:line` or page file and record), what was expected and what to do. It
    is shown without a stack trace. Any other exception is a bug and keeps its stack.
    """
