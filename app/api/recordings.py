"""/recordings: what comes in, kept in files: begin, end, list, download, play again."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from app.api.keeping import KeepingHandler, written
from app.feed.feed import Feed
from app.guard.guard import Guard
from app.problems import Problem
from app.store.drawer import Drawer
from app.store.entry import ENDS, Entry
from app.store.reading import Unreadable
from app.store.recordings import NotNow
from app.store.replay import DEFAULT, anywhere
from app.system.runtime import beside

PIECE = 1 << 18  # bytes read at once
TAKEN_WITHIN = 30.0  # s for a piece, by whoever downloads
WANTED = '{"format": "arrow" or "csv", "channels": ["ch1", ...]}, or nothing'
PLAYED = '{"speed": 1, "loop": false, "prefix": "replay/"}; speed 0 is as fast as it goes'
MEDIA = {
    "arrow": "application/vnd.apache.arrow.stream",
    "csv": "text/csv; charset=utf-8",
    "parquet": "application/vnd.apache.parquet",
}
GONE = "its file is gone"
TROUBLE = ("disk_full", "io")


def routes(feed: Feed, drawer: Drawer, guard: Guard) -> list[Any]:
    """The paths of this module, for the web server."""
    shared = {"feed": feed, "drawer": drawer, "guard": guard}
    number = r"/recordings/([0-9]{1,15})"
    return [
        (r"/recordings", RecordingsHandler, shared),
        (number, RecordingHandler, shared),
        (number + "/stop", StopHandler, shared),
        (number + "/replay", ReplayHandler, shared),
    ]


class Recorder(KeepingHandler):
    """A request about recordings."""

    def initialize(self, feed: Feed, drawer: Drawer, guard: Guard) -> None:  # type: ignore[override]
        super().initialize(feed)
        self.recordings, self.replays = drawer.recordings, drawer.replays
        self.guard = guard

    def entry(self, number: str) -> Entry:
        """
        Problem  not_found
        """
        found = self.recordings.get(int(number))
        if found is None:
            raise Problem("not_found", f"no recording {number}; GET /recordings lists them")
        return found


@contextmanager
def allowed() -> Iterator[None]:
    """
    Problem  what is done in it cannot be done now
    """
    try:
        yield
    except NotNow as why:
        raise Problem(why.code, str(why)) from None
    except KeyError:
        raise Problem("not_found", "that recording is gone") from None


class RecordingsHandler(Recorder):
    """All recordings, the newest first; POST begins one."""

    def get(self) -> None:
        self.tell(self.recordings.told)

    async def post(self) -> None:
        self.allow()
        format, channels = self.asked()
        with allowed(), written():
            entry = self.recordings.start(format, channels, self.feed.clock())
            await self.recordings.begun(entry.id)
        self.tell({"status": "success", **entry.told()})

    def asked(self) -> tuple[str, list[str]]:
        """Format and channels that the body names.

        Problem  bad_json, bad_parameter, body_too_large
        """
        words = self.words(WANTED, "bad_parameter")
        formats = self.recordings.formats or ["csv"]
        format, channels = words.get("format", formats[0]), words.get("channels")
        if channels is None:
            channels = []
        elif not channels:
            raise Problem("bad_parameter", f"channels names at least one; send {WANTED}")
        texts = isinstance(channels, list) and all(isinstance(name, str) for name in channels)
        if not isinstance(format, str) or not texts:
            raise Problem("bad_parameter", f"send {WANTED}")
        return format, channels


class RecordingHandler(Recorder):
    """The file of a recording, whole blocks of one that is under way; or away with it."""

    own = ("format",)

    async def get(self, number: str) -> None:
        entry = self.entry(number)
        kind = self.query().get("format", entry.format)
        if kind not in (entry.format, *(["parquet"] if entry.parquet else [])):
            raise Problem(
                "bad_parameter", f"there is {entry.format}; POST .../stop?format=parquet makes Parquet"
            )
        path = self.recordings.file(entry.id, kind)
        size = entry.parquet if kind == "parquet" else self.recordings.size(entry.id)
        self.set_header("Content-Type", MEDIA[kind])
        self.set_header("Content-Disposition", f'attachment; filename="recording-{entry.id}.{kind}"')
        self.set_header("Cache-Control", "no-store")
        await self.stream(path, size)

    async def stream(self, path: Path, size: int) -> None:
        """The first so many bytes of a file, as far as there are, piece by piece; it is read in threads."""
        try:
            file = path.open("rb")
        except OSError:
            raise Problem("not_found", GONE) from None
        with file:
            size = min(size, os.fstat(file.fileno()).st_size)
            self.set_header("Content-Length", str(size))
            while size > 0 and (piece := await beside(partial(file.read, min(PIECE, size)))):
                size -= len(piece)
                self.write(piece)
                await self.sent(TAKEN_WITHIN)
        self.finish()

    async def delete(self, number: str) -> None:
        self.allow()
        entry = self.entry(number)
        self.replays.stop(entry.id)
        with allowed(), written():
            await self.recordings.delete(entry.id)
            await self.recordings.kept.saved(entry.id)
        self.tell({"status": "success", "deleted": entry.id})


class StopHandler(Recorder):
    """POST ends a recording; `format=parquet` makes such a file of it, too."""

    own = ("format",)

    async def post(self, number: str) -> None:
        self.allow()
        format, before = self.query().get("format"), self.entry(number)
        id = before.id
        if format not in (None, "parquet"):
            raise Problem("bad_parameter", "a recording can be made parquet, or stay what it is")
        with allowed():
            entry = await self.recordings.stop(id)
        if entry.why in TROUBLE and (format is None or before.ended is None):
            message = f"{ENDS[entry.why]}: recording {id} has ended by itself, and can be read up to there"
            raise Problem("disk_full", message)
        if format is not None:
            with allowed(), written():
                entry = await self.converted(id)
        self.tell({"status": "success", **entry.told()})

    async def converted(self, id: int) -> Entry:
        """
        Problem  bad_parameter: it cannot be read; not_found
        """
        try:
            return await self.recordings.convert(id)
        except FileNotFoundError:
            raise Problem("not_found", GONE) from None
        except Unreadable as why:
            raise Problem("bad_parameter", f"recording {id} cannot be read: {why}") from None


class ReplayHandler(Recorder):
    """POST plays a recording as a live source; DELETE ends that."""

    def get(self, number: str) -> None:
        id = self.entry(number).id
        found = self.replays.get(id)
        if found is None:
            raise Problem("not_found", f"recording {id} is not played")
        self.tell(found.told())

    def post(self, number: str) -> None:
        self.allow()
        id, words = self.entry(number).id, self.words(PLAYED, "bad_parameter")
        speed, loop, prefix = words.get("speed", 1), words.get("loop", False), words.get("prefix", DEFAULT)
        number_of = isinstance(speed, int | float) and not isinstance(speed, bool)
        if not (number_of and isinstance(loop, bool) and isinstance(prefix, str)):
            raise Problem("bad_parameter", f"send {PLAYED}")
        try:
            with allowed():
                reach = self.reach(prefix)
                playing = self.replays.start(id, speed, prefix, loop=loop, reach=reach)
        except ValueError as error:
            raise Problem("bad_parameter", str(error)) from None
        self.tell({"status": "success", **playing.told()})

    def reach(self, prefix: str) -> Callable[[Set[str]], None]:
        """What says which channels may be played to: under the usual prefix all, else those of a sender.

        Problem  unauthorized
        """
        if prefix.startswith(DEFAULT):
            return anywhere
        headers = self.request.headers
        return self.guard.writer(headers, headers.get("X-Api-Key", "")).reach

    def delete(self, number: str) -> None:
        self.allow()
        id = self.entry(number).id
        if not self.replays.stop(id):
            raise Problem("not_found", f"recording {id} is not played")
        self.tell({"status": "success", "stopped": id})
