"""The methods of the Bot API, by the names that bots call them by."""

from localchat.methods.describing import DESCRIBING
from localchat.methods.editing import EDITING
from localchat.methods.fetching import FETCHING
from localchat.methods.method import Method
from localchat.methods.sending import SENDING

METHODS: dict[str, Method] = {
    name.lower(): method for group in (FETCHING, SENDING, EDITING, DESCRIBING) for name, method in group.items()
}

__all__ = ["METHODS", "Method"]
