"""Which addresses are asked directly where a proxy is set: this machine's own, besides those that the user names."""

from collections.abc import Mapping

LOOPBACK = ("localhost", "127.0.0.1", "::1")
EVERY_HOST = "*"


def direct_loopback(environment: Mapping[str, str]) -> dict[str, str]:
    """``NO_PROXY`` and ``no_proxy`` with loopback added to what they say; nothing where no proxy is set.

    Libraries differ in which of the two they read first, so what stands in one alone counts for both.
    """
    if not any(value and _names_a_proxy(name.lower()) for name, value in environment.items()):
        return {}
    upper, lower = (environment.get(name, "") for name in ("NO_PROXY", "no_proxy"))
    return {"NO_PROXY": _with_loopback(upper or lower), "no_proxy": _with_loopback(lower or upper)}


def _names_a_proxy(name: str) -> bool:
    return name.endswith("_proxy") and name != "no_proxy"


def _with_loopback(hosts: str) -> str:
    if hosts.strip() == EVERY_HOST:  # in a longer list it would no longer mean every host
        return EVERY_HOST
    named = [host for host in (part.strip() for part in hosts.split(",")) if host]
    return ",".join([*named, *(host for host in LOOPBACK if host not in named)])
