"""Secrets in log lines: starred however a library writes them down."""

import pytest

from monitor.desk.settings import resolve
from monitor.program.redact import Redacted, secrets_of

PASSWORD = "s3cret/pa:w0rd@x"
QUOTED = "s3cret%2Fpa%3Aw0rd%40x"


def test_secrets_are_starred_however_they_are_written() -> None:
    hard = 'pass"wörd\\'
    url = f"rediss://u:{QUOTED}@r:6380/0"
    settings = resolve({"KAFKA_SASL_PASSWORD": hard, "SLACK_BOT_TOKEN": "xox", "REDIS_URL": url})
    redacted = Redacted(secrets_of(settings))
    for text in (
        *(hard, repr(hard), repr({"p": hard}), f"{hard.encode()!r}", '"pass\\"w\\u00f6rd\\\\"'),
        *(PASSWORD, QUOTED, url, f"a {PASSWORD} b"),
    ):
        assert "********" in redacted(text), text
        assert "s3cret" not in redacted(text)
        assert "pass" not in redacted(text)
    assert redacted("nothing of it; xox is too short") == "nothing of it; xox is too short"
    assert Redacted()("as it is") == "as it is"


def test_passwords_of_proxies_are_starred(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", "http://desk:open%2Fsesame@proxy.example:3128")
    monkeypatch.setenv("http_proxy", "t0ken@proxy.example")
    monkeypatch.setenv("no_proxy", "wires@example")
    redacted = Redacted(secrets_of(resolve({})))
    for text in ("http://desk:open%2Fsesame@proxy.example:3128", "open/sesame", "t0ken@proxy"):
        assert "sesame" not in redacted(text)
        assert "t0ken" not in redacted(text)
    assert redacted("wires of proxy.example, desk") == "wires of proxy.example, desk"


def test_a_secret_that_is_no_text_is_starred() -> None:
    secret = b"xoxb-\xe9".decode(errors="surrogateescape")  # as an environment gives it
    redacted = Redacted([secret])
    for text in (secret, repr(secret), repr(b"xoxb-\xe9")):
        assert "xoxb" not in redacted(text)
