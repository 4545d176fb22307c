"""Keeps one file, in a folder or in memory. Knows nothing of what is in it."""

import asyncio
import os
from pathlib import Path
from typing import Protocol

NAME = "taught.npz"


class KeepingError(Exception):
    """The file could not be kept, or not be fetched back; the message says why."""


class KeptFile(Protocol):
    """Where the file is kept. What is saved replaces what was there, whole or not at all."""

    async def load(self) -> bytes | None:
        """Returns what was saved last; None where nothing was.

        Raises:
            KeepingError: it is there and cannot be read.
        """
        ...

    async def newer(self) -> bytes | None:
        """Returns what another process has saved since; None where none has.

        Raises:
            KeepingError: it is there and cannot be read.
        """
        ...

    async def save(self, content: bytes) -> None:
        """Saves; once this returns, `load` gives it even after a kill.

        Raises:
            KeepingError: nothing was saved; what was there before still is.
        """
        ...

    async def set_aside(self) -> None:
        """Puts what cannot be read where saving does not replace it.

        Raises:
            KeepingError: that did not work.
        """
        ...


class FileInFolder:
    """Keeps it in a folder, which is made where it does not exist."""

    def __init__(self, folder: Path):
        self._file = folder / NAME
        self._seen: tuple[int, int, int] | None = None

    async def load(self) -> bytes | None:
        try:
            return await asyncio.to_thread(self._read)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise KeepingError(f"{self._file}: {error.strerror}") from None

    async def newer(self) -> bytes | None:
        return None if await asyncio.to_thread(self._state) == self._seen else await self.load()

    async def save(self, content: bytes) -> None:
        try:
            await asyncio.to_thread(self._write, content)
        except OSError as error:
            raise KeepingError(f"{self._file}: {error.strerror}") from None

    async def set_aside(self) -> None:
        try:
            await asyncio.to_thread(self._file.rename, self._file.with_suffix(".unread"))
        except FileNotFoundError:
            return
        except OSError as error:
            raise KeepingError(f"{self._file}: {error.strerror}") from None

    def _state(self) -> tuple[int, int, int] | None:
        try:
            state = self._file.stat()
        except OSError:
            return None
        return state.st_ino, state.st_mtime_ns, state.st_size

    def _read(self) -> bytes:
        self._seen = self._state()
        return self._file.read_bytes()

    def _write(self, content: bytes) -> None:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        beside = self._file.with_name(f".{NAME}.{os.getpid()}.part")
        try:
            with beside.open("wb") as opened:
                opened.write(content)
                opened.flush()
                os.fsync(opened.fileno())
            os.replace(beside, self._file)
        finally:
            beside.unlink(missing_ok=True)
        self._seen = self._state()


class NothingKept:
    """Keeps nothing beyond the memory of this process."""

    async def load(self) -> bytes | None:
        return None

    async def newer(self) -> bytes | None:
        return None

    async def save(self, content: bytes) -> None:
        return None

    async def set_aside(self) -> None:
        return None
