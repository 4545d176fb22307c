"""Wording that messages share: an error in one line, a duration."""


def one_line(error: BaseException) -> str:
    """Returns an error's message without line breaks, cut to 300 characters, to quote in a sentence."""
    return " ".join(str(error).split())[:300] or type(error).__name__


def duration(seconds: float) -> str:
    """Formats a time, such as "50 s", "3 min 20 s", "2 h 05 min"."""
    minutes, rest = divmod(max(1, round(seconds)), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s" if minutes else f"{rest} s"
    return f"{minutes // 60} h {minutes % 60:02} min"
