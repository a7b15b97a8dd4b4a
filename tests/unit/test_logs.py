"""monitor.program.logs: lines for people or for machines, and never a secret."""

import json
import logging
from collections.abc import Iterator

import pytest

from monitor.desk.settings import resolve
from monitor.program.logs import last_words, set_up_logs
from monitor.program.progress import progress_for
from monitor.program.redact import STARS

SECRETS = {
    "SLACK_BOT_TOKEN": "xoxb-1-secret",
    "REDIS_URL": "rediss://:p%22w%40rd%5C@h:1/0",
    "KAFKA_SASL_PASSWORD": 'quoted "and" \\ more',
}

log = logging.getLogger("wirewatch.test")


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root, ours = logging.getLogger(), logging.getLogger("wirewatch")
    before = root.handlers, root.level, ours.level
    yield
    root.handlers, root.level, ours.level = before


def objects(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_json_lines(capsys: pytest.CaptureFixture[str]) -> None:
    settings = resolve({"LOG_FORMAT": "json"})
    set_up_logs(settings)
    log.info("below the level")
    log.warning("“%s” is\nback", "Redis", extra={"after_s": 3})
    try:
        raise ValueError("what it was")
    except ValueError:
        log.exception("failed")
    progress_for(settings).done("ready: poll", 1.23456)
    last_words("Kafka cannot be reached")
    captured = capsys.readouterr()
    assert captured.out == ""
    first, second, third, last = objects(captured.err)
    assert list(first) == ["at", "level", "logger", "message", "after_s"]
    assert (first["level"], first["logger"]) == ("warning", "wirewatch.test")
    assert (first["message"], first["after_s"]) == ("“Redis” is\nback", 3)
    assert str(first["at"]).endswith("Z")
    assert "ValueError: what it was" in str(second["exc_info"])
    assert (third["message"], third["at_s"]) == ("ready: poll", 1.235)
    assert (last["level"], last["message"]) == ("critical", "Kafka cannot be reached")


def test_text_lines(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs(resolve({}))
    log.warning("Redis is back")
    last_words("Kafka cannot be reached")
    first, last = capsys.readouterr().err.splitlines()
    assert first.endswith(" WARNING Redis is back")
    assert last == "wirewatch: Kafka cannot be reached"


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("level", ["warning", "debug"])
def test_no_secret_is_written(form: str, level: str, capsys: pytest.CaptureFixture[str]) -> None:
    settings = resolve(SECRETS | {"LOG_FORMAT": form, "LOG_LEVEL": level})
    set_up_logs(settings)
    held = [*SECRETS.values(), 'p"w@rd\\', "p%22w%40rd%5C"]

    for secret in held:
        log.error("refused: %s", secret)
        log.error("refused", extra={"with": secret})
        try:
            raise ValueError(secret)
        except ValueError:
            log.exception("failed")
    said = capsys.readouterr().err
    assert STARS in said
    assert not [secret for secret in held if secret in said]
    assert not [secret for secret in held if json.dumps(secret)[1:-1] in said]
    if form == "json":
        assert len(objects(said)) == 3 * len(held)


def test_libraries_are_heard_at_debug_only(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs(resolve({"LOG_FORMAT": "json"}))
    logging.getLogger("aiokafka").error("a hundred of these a second")
    assert capsys.readouterr().err == ""
    set_up_logs(resolve({"LOG_FORMAT": "json", "LOG_LEVEL": "debug"}))
    logging.getLogger("aiokafka.consumer").debug("one of them")
    assert objects(capsys.readouterr().err)[0]["logger"] == "aiokafka.consumer"
