"""The error of photos that a person must change, or say more about."""


class DataError(ValueError):
    """Photos that cannot be trained from or measured on; the message says what is wrong and what to do."""
