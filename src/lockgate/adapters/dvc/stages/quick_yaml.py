"""YAML of names, hashes and params, read in C where that was built: ten times as fast as ruamel.yaml."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import yaml


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # in C where that was built
    """With YAML 1.2's values: `yes` is text and `1e-05` a number."""

    yaml_implicit_resolvers: Mapping[str, Any] = {}


for _tag, _form, _first in (
    ("null", r"~|null|", ["~", "n", ""]),
    ("bool", r"true|false", list("tf")),
    ("int", r"-?(0|[1-9][0-9]*)", list("-0123456789")),
    ("float", r"-?([0-9]+(\.[0-9]*([eE][-+]?[0-9]+)?|[eE][-+]?[0-9]+)|\.inf)|\.nan", list("-0123456789.")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_form})$"), _first)


@lru_cache(16)
def quickly(content: bytes) -> Any:
    """What a file holds; nobody may change it, as it is given again for the same content.

    Raises ``yaml.YAMLError`` or ``ValueError``; ruamel.yaml, and DVC with it, takes less.
    """
    return yaml.load(content, Loader=_Loader)  # noqa: S506 - a safe loader
