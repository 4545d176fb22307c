"""Words for messages: an error in one line, a time."""


def one_line(error: BaseException) -> str:
    """An error's message without line breaks, at most 300 characters, for a sentence of ours."""
    return " ".join(str(error).split())[:300] or type(error).__name__


def duration(seconds: float) -> str:
    """A time in words, such as "50 seconds", "3 minutes", "2 h 05 min"."""
    if seconds < 90:
        whole = max(1, round(seconds))
        return f"{whole} second{'s' if whole != 1 else ''}"
    minutes = round(seconds / 60)
    return f"{minutes} minutes" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02} min"
