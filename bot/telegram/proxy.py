"""Chooses the proxy to Telegram: HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, in capitals or not.

A library would read them too, but send requests to this machine through a proxy, and have no sentence for what it
cannot parse. Knows nothing of Telegram.
"""

import ipaddress
import os
import re
import socket
from urllib.parse import urlsplit
from urllib.request import getproxies

from model.settings import SettingsError

KINDS = ("https", "http", "all")
SCHEMES = ("http", "https", "socks5")
TELEGRAM = "api.telegram.org"  # never this machine, so no name server is asked


def proxy_to(url: str) -> str | None:
    """Returns the address of the proxy for an address; None where there is none, and for addresses of this machine.

    Raises:
        SettingsError: a variable has a value that cannot be used.
    """
    values = {kind: value.strip() for kind, value in getproxies().items() if value.strip()}
    target = urlsplit(url)
    host = target.hostname or ""
    if not values.keys() & set(KINDS) or is_on_this_machine(host):
        return None
    if _is_exempt(host, target.port, values.get("no", "")):
        return None
    proxies = {kind: _proxy(kind, values[kind]) for kind in KINDS if kind in values}
    return proxies.get(target.scheme) or proxies.get("all")


def is_on_this_machine(host: str) -> bool:
    """Tells whether a host name or an address leads to this machine."""
    if host == TELEGRAM:
        return False
    if host == "localhost" or host.endswith(".localhost") or host == socket.gethostname().lower():
        return True
    try:
        found = socket.getaddrinfo(host, 0, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        return False
    return any(_is_own(family, address) for family, _, _, _, address in found)


def _is_own(family: int, address: tuple[object, ...]) -> bool:
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(address)  # only own addresses can be bound
        except OSError:
            return False
    return True


def _is_exempt(host: str, port: int | None, exempt: str) -> bool:
    return any(_covers(entry, host, port, exempt) for entry in re.split(r"[\s,]+", exempt) if entry)


def _covers(entry: str, host: str, port: int | None, exempt: str) -> bool:
    """Whether an entry of NO_PROXY covers a host: a name with those below it, an address, a network, or "*" for all."""
    if entry == "*":
        return True
    try:
        network = ipaddress.ip_network(re.sub(r"^\[(.*)\]$", r"\1", entry), strict=False)
    except ValueError:
        pass
    else:
        return any(address in network for address in _addresses(host))
    try:
        parts = urlsplit(entry if "//" in entry else f"//{entry}")
        name, only = (parts.hostname or "").lstrip("*."), parts.port
        if not re.fullmatch(r"[\w.:-]+", name):
            raise ValueError(entry)
    except ValueError:
        raise SettingsError(
            f"{_variable('no', exempt)} cannot be used: {entry!r} is no host name; "
            "write names and networks with commas between, such as localhost,.example.org,10.0.0.0/8."
        ) from None
    return (host == name or host.endswith(f".{name}")) and only in (None, port)


def _addresses(host: str) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """The host itself if it is written as an address."""
    try:
        return [ipaddress.ip_address(host)]
    except ValueError:
        return []


def _proxy(kind: str, value: str) -> str:
    url = value if "://" in value else f"http://{value}"
    url = re.sub("^socks(5h)?://", "socks5://", url)  # the proxy looks names up, whichever of them is written
    try:
        parts = urlsplit(url)
        usable = parts.scheme in SCHEMES and re.fullmatch(r"[\w.:-]+", parts.hostname or "") and parts.port != 0
    except ValueError:
        usable = None
    if not usable:  # the value may hold a password, so it is not repeated
        raise SettingsError(
            f"{_variable(kind, value)} cannot be used: it must be the address of a proxy, "
            "such as http://proxy.example.org:3128 or socks5://127.0.0.1:1080."
        )
    return url


def _variable(kind: str, value: str) -> str:
    """The variable as it is written in the environment."""
    name = f"{kind}_PROXY"
    known = (key for key, held in os.environ.items() if key.upper() == name.upper() and held.strip() == value)
    return next(known, name.upper())
