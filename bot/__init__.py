"""The Telegram bot: replies to each photo with what the model sees in it. `python -m bot` starts it."""

import sys

__version__ = "0.1.0"

# httpx 0.28 would import its own command line, with all of rich: 60 ms and 4 MB at every start
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
