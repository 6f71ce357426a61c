"""oras, without a grammar that takes a second to make.

oras imports jsonschema, which can tell whether a text is an IRI: for that `rfc3987_syntax` makes a parser of RFC 3987
when it is imported. Here it is imported when somebody first asks about such a text.
"""

import sys
from importlib import import_module
from types import ModuleType

_GRAMMAR = "rfc3987_syntax"


def _is_valid_syntax(term: str, value: str) -> bool:
    return bool(import_module(_GRAMMAR).is_valid_syntax(term, value))


_later = ModuleType(_GRAMMAR)
vars(_later)["is_valid_syntax"] = _is_valid_syntax
_loaded = sys.modules.setdefault(_GRAMMAR, _later)
try:
    from oras import auth, utils
    from oras.container import Container
    from oras.provider import Registry
finally:
    if _loaded is _later:
        del sys.modules[_GRAMMAR]

__all__ = ["Container", "Registry", "auth", "utils"]
