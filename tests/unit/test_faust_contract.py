"""The private and undocumented names of Faust and aiokafka that this program touches."""

import inspect
from importlib.metadata import version

import aiokafka
import pytest
from aiokafka.client import AIOKafkaClient
from aiokafka.conn import AIOKafkaConnection
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.errors import CommitFailedError
from faust.app.base import App
from faust.streams import Stream
from faust.tables import TableManager
from faust.transport.conductor import Conductor
from faust.transport.consumer import Consumer, Fetcher
from faust.transport.drivers import aiokafka as driver
from mode.utils.queues import FlowControlQueue


def test_the_versions_whose_private_names_are_touched() -> None:
    assert version("faust-streaming") == "0.15.3"
    assert aiokafka.__version__.startswith("0.14.")


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (TableManager, "_update_channels"),
        (TableManager, "recovery"),
        (driver.AIOKafkaConsumerThread, "_create_worker_consumer"),
        (driver.AIOKafkaConsumerThread, "_commit"),
        (driver.AIOKafkaConsumerThread, "_ensure_consumer"),
        (driver.AIOKafkaConsumerThread, "on_thread_stop"),
        (driver.AIOKafkaConsumerThread, "_consumer"),
        (driver.Consumer, "_new_consumer_thread"),
        (driver.Consumer, "_drain_messages"),
        (driver.Consumer, "_wait_next_records"),
        (driver.Consumer, "_filter_tps_with_pending_acks"),
        (driver.Consumer, "_new_offset"),
        (driver.Consumer, "_commit_offsets"),
        (driver.Consumer, "_should_commit"),
        (driver.Consumer, "perform_seek"),
        (driver.Consumer, "on_partitions_revoked"),
        (driver.Consumer, "on_partitions_assigned"),
        (driver.Consumer, "wait_empty"),
        (driver.Consumer, "highwater"),
        (driver.Transport, "Consumer"),
        (driver, "ensure_aiokafka_TP"),
        (Stream, "_channel_stop_iteration"),
        (Stream, "_finalized"),
        (GroupCoordinator, "_do_heartbeat"),
        (FlowControlQueue, "force_put_nowait"),
        (App, "maybe_start_producer"),
        (App, "crashed"),
        (App, "crash_reason"),
    ],
)
def test_a_name_that_is_touched_exists(owner: type, name: str) -> None:
    assert hasattr(owner, name)


@pytest.mark.parametrize(
    ("owner", "text"),
    [
        (aiokafka.AIOKafkaConsumer.__init__, "self._fetch_max_wait_ms = fetch_max_wait_ms"),
        (aiokafka.AIOKafkaConsumer.__init__, "self._client = "),
        (aiokafka.AIOKafkaConsumer.start, "self._coordinator = GroupCoordinator("),
        (Consumer.__init__, "self._read_offset = defaultdict(lambda: None)"),
        (Consumer.__init__, "self._committed_offset = defaultdict(lambda: None)"),
        (Conductor.__init__, "self._tp_index = defaultdict(set)"),
        (Consumer.perform_seek, "read_offset.update("),
    ],
)
def test_an_attribute_that_is_touched_is_set_as_expected(owner: object, text: str) -> None:
    assert text in inspect.getsource(owner)


def test_a_fetcher_drains_messages_and_a_commit_asks_for_new_offsets() -> None:
    assert "_drain_messages(self)" in inspect.getsource(Fetcher._fetcher.fun)
    assert "self._new_offset(tp)" in inspect.getsource(Consumer._filter_committable_offsets)
    assert "self._filter_tps_with_pending_acks" in inspect.getsource(Consumer.force_commit)
    assert "self._commit_offsets(" in inspect.getsource(Consumer._commit_tps)
    assert list(inspect.signature(driver.Consumer.wait_empty).parameters) == ["self"]


def test_aiokafkas_text_for_a_lost_group_is_the_one_faust_misses() -> None:
    """When this fails, our own `_commit` may go: one of the two was mended."""
    assert "already rebalanced" not in str(CommitFailedError())
    faults = inspect.getsource(driver.AIOKafkaConsumerThread._commit)
    assert '"already rebalanced" in str(exc)' in faults


def test_the_connections_of_a_client() -> None:
    source = inspect.getsource(AIOKafkaClient)
    assert "self._conns[conn_id] = await create_conn(" in source
    assert "conn_id = (node_id, group)" in source
    assert '("bootstrap", ConnectionGroup.DEFAULT)' in source
    assert hasattr(AIOKafkaConnection, "connected")
