"""What keeps one visitor from taking everything: requests per minute and address, and bytes held at a time."""

import ipaddress
import math
from collections import OrderedDict

from aiolimiter import AsyncLimiter
from starlette.requests import Request

from web.errors import Problem, overloaded

ADDRESSES = 10_000  # remembered at most; whoever was not here for longest is forgotten first


class RateLimiter:
    """Limits the photos of each address to `per_minute`; 0 sets no limit. For one event loop only.

    Args:
        per_minute: how many.
        code: of the problem of too many.
        what: is limited.
    """

    def __init__(self, per_minute: int, code: str = "too_many_requests", what: str = "photos"):
        self._per_minute, self._code, self._what = per_minute, code, what
        self._limiters: OrderedDict[str, AsyncLimiter] = OrderedDict()

    async def count(self, address: str) -> None:
        """Counts one of that address.

        Raises:
            Problem: 429, it has used up its share.
        """
        if not self._per_minute:
            return
        limiter = self._limiters.setdefault(address, AsyncLimiter(self._per_minute, 60))
        self._limiters.move_to_end(address)
        if len(self._limiters) > ADDRESSES:
            self._limiters.popitem(last=False)
        if not limiter.has_capacity():
            wait = math.ceil(60 / self._per_minute)  # by then there is room for one more
            detail = (
                f"At most {self._per_minute} {self._what} a minute are taken from one address; try again in {wait} s."
            )
            raise Problem(429, self._code, detail, {"Retry-After": str(wait)})
        await limiter.acquire()


def address_of(request: Request, behind_proxy: bool) -> str:
    """Whose request it is: the connection's address, or what the proxy in front of us says of it.

    A proxy adds the address that it sees as the last entry; what stands before may be the visitor's own invention.
    Of an IPv6 address only the network counts, because a household has billions of addresses.
    """
    seen = request.client.host if request.client else ""
    if behind_proxy:
        forwarded = ",".join(request.headers.getlist("x-forwarded-for"))
        seen = forwarded.rpartition(",")[2].strip() or seen
    try:
        address = ipaddress.ip_address(seen)
    except ValueError:
        return seen
    if isinstance(address, ipaddress.IPv6Address):
        return str(address.ipv4_mapped or ipaddress.ip_network((address, 64), strict=False))
    return str(address)


class MemoryBudget:
    """Bytes of photos held at a time, those of half-sent ones included."""

    def __init__(self, most: int):
        self._most = most
        self._held = 0

    def take(self, amount: int) -> None:
        """Hold that many more bytes.

        Raises:
            Problem: 503, it would be too much.
        """
        if self._held + amount > self._most:
            raise overloaded()
        self._held += amount

    def give_back(self, amount: int) -> None:
        """Hold them no longer."""
        self._held -= amount
