"""A relay before a Kafka broker, to make it answer what it would not by itself.

It passes the protocol on, frame by frame, and can change the answers to InitProducerId into errors.
"""

import contextlib
import socket
import socketserver
import struct
import threading
from typing import Self

from stubs import child_process

INIT_PRODUCER_ID = 22
"""Kafka's number of that request."""

UNKNOWN_SERVER_ERROR = -1

FLEXIBLE_FROM = 2
"""The version of InitProducerId from which its answer's header ends with tagged fields."""


class KafkaRelay(socketserver.ThreadingTCPServer):
    """Listens on `port`; what comes goes to `broker_port`, from `__enter__` to `__exit__`."""

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        (self.port,) = child_process.free_ports(1)
        self.broker_port = 0
        self.refuse_producer_ids = False
        self.refused = 0
        super().__init__(("127.0.0.1", self.port), _Client)

    def __enter__(self) -> Self:
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()


class _Client(socketserver.BaseRequestHandler):
    """One client's connection, and its own to the broker."""

    server: KafkaRelay

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            broker = socket.create_connection(("127.0.0.1", self.server.broker_port))
            with broker:
                asked: dict[bytes, int] = {}
                answers = threading.Thread(target=self._answer, args=(broker, asked), daemon=True)
                answers.start()
                while request := _frame(self.request):
                    key, version = struct.unpack(">hh", request[:4])
                    if key == INIT_PRODUCER_ID:
                        asked[request[4:8]] = version
                    broker.sendall(struct.pack(">i", len(request)) + request)
                broker.shutdown(socket.SHUT_RDWR)  # a close alone waits for the other thread

    def _answer(self, broker: socket.socket, asked: dict[bytes, int]) -> None:
        with contextlib.suppress(OSError):
            while answer := _frame(broker):
                version = asked.pop(answer[:4], None)
                if version is not None and self.server.refuse_producer_ids:
                    self.server.refused += 1
                    at = 8 + (version >= FLEXIBLE_FROM)  # correlation id, tags, throttle time
                    error = struct.pack(">h", UNKNOWN_SERVER_ERROR)
                    answer = answer[:at] + error + answer[at + 2 :]
                self.request.sendall(struct.pack(">i", len(answer)) + answer)
        with contextlib.suppress(OSError):
            self.request.shutdown(socket.SHUT_RDWR)


def _frame(connection: socket.socket) -> bytes:
    """The next length-prefixed frame without its length; empty at the end."""
    head = _exactly(connection, 4)
    return _exactly(connection, int.from_bytes(head)) if head else b""


def _exactly(connection: socket.socket, size: int) -> bytes:
    read = b""
    while len(read) < size:
        more = connection.recv(size - len(read))
        if not more:
            return b""
        read += more
    return read
