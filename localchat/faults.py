"""What can go wrong between Telegram and a bot, to be switched on: refusals, cut and dead lines, slow files, blocks.

Set from Python, as `LocalChat.faults`. Knows nothing of what a request holds; `line` is where faults strike.
"""

import random
from dataclasses import dataclass, field
from typing import Any, Literal

from localchat.errors import Refusal

FILES = "file"  # what a download is called, beside the names of the methods
ANY = "*"


@dataclass
class Fault:
    """One thing that goes wrong.

    Attributes:
        kind: "refuse" answers with `refusal`; "reset" cuts the line before the request is looked at; "lose" does what
            was asked and cuts the line instead of answering; "hang" keeps the line open and never answers;
            "slow" takes `seconds` for the answer's body, and less once they are made less.
        times: how often it still happens; None for always.
        share: of the requests that it could strike.
    """

    kind: Literal["refuse", "reset", "lose", "hang", "slow"]
    method: str = ANY
    times: int | None = 1
    share: float = 1.0
    refusal: Refusal | None = None
    seconds: float = 0.0


@dataclass
class Faults:
    """What is switched on.

    Attributes:
        down: every line is cut, as if Telegram were away.
        blocked: chats whose person has blocked the bot.
        migrated: groups that became a supergroup, and its number.
        struck: how often something went wrong, by kind.
    """

    down: bool = False
    blocked: set[int] = field(default_factory=set)
    migrated: dict[int, int] = field(default_factory=dict)
    struck: dict[str, int] = field(default_factory=dict)
    _faults: list[Fault] = field(default_factory=list)
    _random: random.Random = field(default_factory=lambda: random.Random(6))

    def refuse(self, method: str, status: int, description: str = "Internal Server Error", **more: Any) -> None:
        """Refuse calls of a method with that HTTP status; `more` are `retry_after`, and a `Fault`'s `times`, `share`."""
        retry_after = more.pop("retry_after", None)
        parameters = {} if retry_after is None else {"retry_after": retry_after}
        self.add(Fault("refuse", method, refusal=Refusal(status, description, parameters), **more))

    def add(self, fault: Fault) -> None:
        """Let it happen from now on."""
        self._faults.append(fault)

    def clear(self) -> None:
        """Nothing goes wrong any more."""
        self._faults.clear()
        self.blocked.clear()
        self.migrated.clear()
        self.down = False

    def strike(self, method: str) -> Fault | None:
        """What goes wrong with this request, if anything; asked once for each."""
        if self.down:
            return self._count(Fault("reset"))
        for fault in self._faults:
            if (
                fault.method.lower() in (ANY, method.lower())
                and fault.times != 0
                and self._random.random() < fault.share
            ):
                if fault.times is not None:
                    fault.times -= 1
                return self._count(fault)
        return None

    def check(self, chat: int) -> None:
        """Raise the `Refusal` of a chat that cannot be written to any more."""
        if chat in self.blocked:
            raise Refusal(403, "Forbidden: bot was blocked by the user")
        if chat in self.migrated:
            grown = {"migrate_to_chat_id": self.migrated[chat]}
            raise Refusal(400, "Bad Request: group chat was upgraded to a supergroup chat", grown)

    def _count(self, fault: Fault) -> Fault:
        self.struck[fault.kind] = self.struck.get(fault.kind, 0) + 1
        return fault
