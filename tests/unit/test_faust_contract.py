"""The private and undocumented names of Faust and aiokafka that this program touches."""

import inspect
from importlib.metadata import version

import aiokafka
import pytest
from faust.app.base import App
from faust.streams import Stream
from faust.tables import TableManager
from faust.transport.drivers import aiokafka as driver


def test_the_versions_whose_private_names_are_touched() -> None:
    assert version("faust-streaming") == "0.15.3"
    assert aiokafka.__version__.startswith("0.14.")


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (TableManager, "_update_channels"),
        (TableManager, "recovery"),
        (driver.AIOKafkaConsumerThread, "_create_worker_consumer"),
        (driver.AIOKafkaConsumerThread, "on_thread_stop"),
        (driver.AIOKafkaConsumerThread, "_consumer"),
        (driver.Consumer, "_new_consumer_thread"),
        (driver.Consumer, "wait_empty"),
        (driver.Transport, "Consumer"),
        (Stream, "noack"),
        (Stream, "ack"),
        (App, "crashed"),
        (App, "crash_reason"),
    ],
)
def test_a_name_that_is_touched_exists(owner: type, name: str) -> None:
    assert hasattr(owner, name)


def test_attributes_set_by_aiokafka_itself() -> None:
    source = inspect.getsource(aiokafka.AIOKafkaConsumer.__init__)
    assert "self._fetch_max_wait_ms = fetch_max_wait_ms" in source
    assert "self._client = " in source
    assert list(inspect.signature(driver.Consumer.wait_empty).parameters) == ["self"]
