"""What the SQL linter renders where dbt would pick an engine variant of a macro: a call by its name.

Belongs here: the names dbt gives to templates and sqlfluff does not, as far as our models use them.
Does not belong here: real SQL; nothing that is rendered here is ever run.
"""

from __future__ import annotations

from collections.abc import Callable


def dispatch(name: str, _package: str | None = None) -> Callable[..., str]:
    """Return a stand-in for the macro `name`: it renders its arguments as a call."""
    return lambda *arguments: f"{name}({', '.join(str(argument) for argument in arguments)})"
