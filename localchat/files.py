"""The files in the chats, in memory only. The oldest go when there are too many bytes."""

import itertools
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

MAX_TOTAL_BYTES = 256 * 2**20  # all files together
MAX_TOTAL_FILES = 20_000


@dataclass(frozen=True)
class File:
    """Bytes that somebody sent.

    Attributes:
        path: where a bot downloads them, such as photos/file_7.jpg.
        name: what a person called them.
        content: the part of a Bot API Message that shows the file, such as `{"document": {...}}`.
    """

    file_id: str
    unique_id: str
    path: str
    data: bytes
    mime_type: str
    name: str | None = None
    content: dict[str, Any] = field(default_factory=dict)

    def describe(self) -> dict[str, Any]:
        """What every Bot API object of a file has."""
        return {"file_id": self.file_id, "file_unique_id": self.unique_id, "file_size": len(self.data)}


class Files:
    """Keeps files under their ids and paths.

    Args:
        max_bytes: of all files together; a file that is larger than that alone is kept until the next one comes.
    """

    def __init__(self, max_bytes: int = MAX_TOTAL_BYTES):
        self._max_bytes = max_bytes
        self._by_id: OrderedDict[str, File] = OrderedDict()
        self._by_path: dict[str, File] = {}
        self._bytes = 0
        self._numbers = itertools.count()

    def add(self, data: bytes, folder: str, mime_type: str, name: str | None = None, suffix: str = "") -> File:
        """Keep a file; `folder` and `suffix` shape the path a bot sees, such as photos/file_7.jpg."""
        path = f"{folder}/file_{next(self._numbers)}{suffix}"
        file = File(f"AgAC{secrets.token_urlsafe(30)}", f"AQAD{secrets.token_hex(6)}", path, data, mime_type, name)
        self._by_id[file.file_id] = self._by_path[path] = file
        self._bytes += len(data)
        while len(self._by_id) > 1 and (self._bytes > self._max_bytes or len(self._by_id) > MAX_TOTAL_FILES):
            _, oldest = self._by_id.popitem(last=False)
            del self._by_path[oldest.path]
            self._bytes -= len(oldest.data)
        return file

    def get(self, file_id: str) -> File | None:
        """The file with that id, unless it is gone."""
        return self._by_id.get(file_id)

    def at(self, path: str) -> File | None:
        """The file with that path, unless it is gone."""
        return self._by_path.get(path)
