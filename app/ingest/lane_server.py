"""Tornado's HTTP server, with the lane for POST /data in front of it.

Every connection begins in the lane. One on which anything else is asked is Tornado's from then on, with all
that was read of it.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from typing import Any

from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPServerConnectionDelegate
from tornado.iostream import IOStream

from app.ingest.lane import Lane
from app.ingest.lanes import Shared
from app.ingest.receiver import Receiver


class LaneServer(HTTPServer):
    """An HTTP server that gives POST /data to a receiver, and all other requests to Tornado."""

    def initialize(  # type: ignore[override]  # it is a constructor, and gets what the class is called with
        self,
        request_callback: HTTPServerConnectionDelegate,
        receiver: Receiver,
        clock: Callable[[], int] = time.time_ns,
        **options: Any,
    ) -> None:
        """
        clock    nanoseconds since 1970
        options  as for HTTPServer
        """
        super().initialize(request_callback, **options)
        limits = self.conn_params
        self.shared = Shared(
            receiver, clock, limits.max_header_size, limits.header_timeout or 3600.0, self.hand_over
        )

    @property
    def under_way(self) -> int:
        """POSTs that have begun and are not yet answered."""
        return sum(lane.busy for lane in self.shared.lanes)

    def handle_stream(self, stream: IOStream, address: Any) -> None:
        Lane(self.shared, stream.socket, address)

    def hand_over(self, connection: socket.socket, begun: bytes, address: Any) -> None:
        """Have Tornado serve the connection, of which this much has been read."""
        sizes = {"max_buffer_size": self.max_buffer_size, "read_chunk_size": self.read_chunk_size}
        super().handle_stream(Begun(connection, begun, **sizes), address)

    async def close_all_connections(self) -> None:
        for lane in list(self.shared.lanes):
            lane.close()
        await super().close_all_connections()


class Begun(IOStream):
    """A stream of which the first bytes have been read already."""

    def __init__(self, connection: socket.socket, begun: bytes, **sizes: Any) -> None:
        self.begun = begun
        super().__init__(connection, **sizes)

    def read_from_fd(self, buf: bytearray | memoryview) -> int | None:
        n = min(len(buf), len(self.begun))
        if not n:
            return super().read_from_fd(buf)
        buf[:n], self.begun = self.begun[:n], self.begun[n:]
        return n
