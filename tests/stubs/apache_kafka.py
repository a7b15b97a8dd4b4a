"""Apache Kafka for the tests: a folder in, a real one-node KRaft broker on loopback out.

The jars come from Maven once and stay in a cache outside the repository.  The log lives in the
folder, so `kill()` followed by `start()` is a broker that crashed and came back.  With certificates
it also listens as brokers in production do: SASL over TLS, TLS with a client's certificate, and
SASL in the clear, for the user `USER`; who is not named in an ACL may do what no ACL speaks of.
"""

import base64
import contextlib
import fcntl
import os
import re
import shutil
import socket
import struct
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from stubs import child_process
from stubs.certificates import Certificates

KAFKA_VERSION = "4.3.0"
"""Also in apache/pom.xml."""

OLDEST_JAVA = 17
"""The first Java that runs Kafka 4 brokers."""

START_S = 60.0
"""Seconds from launch to the first answered metadata request (3 to 5 on an idle machine)."""

BROKER_SESSION_MS = 3_000
"""Milliseconds a killed broker stays registered, and its successor waits (Kafka's default 9 s)."""

FORMAT_S = 60.0
"""Seconds the storage tool may take to format a folder (1 on an idle machine)."""

FETCH_S = 600.0
"""Seconds Maven may take to bring 43 MB of jars."""

ANSWER_S = 1.0
"""Seconds one metadata request may take."""

SHORT_LIVED = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""A Java that soon ends needs little of its compilers: half the processor time of a start."""

USER = "desk"
PASSWORD = "correct horse:battery@staple/50%"

_POM = Path(__file__).with_name("apache") / "pom.xml"

_SETTINGS = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs={data}
num.partitions=8
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
broker.session.timeout.ms={session_ms}
broker.heartbeat.interval.ms=500
"""

_SECURED = """\
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller},{secured}
advertised.listeners=PLAINTEXT://127.0.0.1:{port},{secured}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,\
SCRAM:SASL_SSL,MUTUAL:SSL,CLEAR:SASL_PLAINTEXT
ssl.keystore.type=PEM
ssl.keystore.location={keystore}
ssl.truststore.type=PEM
ssl.truststore.location={truststore}
listener.name.mutual.ssl.client.auth=required
listener.name.scram.sasl.enabled.mechanisms=SCRAM-SHA-512
listener.name.scram.scram-sha-512.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.clear.sasl.enabled.mechanisms=PLAIN
listener.name.clear.plain.sasl.jaas.config=\
org.apache.kafka.common.security.plain.PlainLoginModule required user_{user}="{password}";
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:ANONYMOUS
allow.everyone.if.no.acl.found=true
"""
"""A later line of a properties file overrides an earlier one."""


class ApacheKafka:
    """One broker: `start()`, `kill()` and `start()` again keep folder, ports and log."""

    def __init__(
        self,
        folder: Path,
        heap_mb: int = 512,
        certificates: Certificates | None = None,
        *,
        short_lived: bool = True,
    ) -> None:
        self.folder = folder
        self.heap_mb = heap_mb
        self._java = SHORT_LIVED if short_lived else ()
        self._certificates = certificates
        self.port, self._controller, *secured = child_process.free_ports(5)
        self.scram_port, self.mutual_port, self.clear_port = secured
        self.output = folder / "kafka.log"
        self._data = folder / "data"
        self._settings = folder / "server.properties"
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def bootstrap(self) -> str:
        """What clients are given as bootstrap server."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Format the folder if it is new, launch the broker, wait until it serves metadata."""
        libs = jars()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._write_settings()
        if not (self._data / "meta.properties").exists():
            self._format(libs)
        heap = f"-Xmx{self.heap_mb}m"
        self._child = child_process.spawn(
            [*_java(libs), *self._java, heap, "kafka.Kafka", str(self._settings)], self.output
        )
        try:
            child_process.await_answer(self._brokers_known, self._child, self.output, START_S)
        except child_process.DidNotStart:
            self.kill()
            raise

    def kill(self) -> None:
        """SIGKILL; what was written stays for the next `start()`."""
        child_process.kill(self._child)
        self._child = None

    def wipe(self) -> None:
        """SIGKILL, and the log is gone: the next `start()` is another broker at this address."""
        self.kill()
        shutil.rmtree(self._data)

    def send(self, number: int) -> None:
        """A signal, as SIGSTOP and SIGCONT."""
        if self._child:
            self._child.send_signal(number)

    def stop(self) -> None:
        """Ask it to end, kill it if it does not."""
        child_process.stop(self._child)
        self._child = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _write_settings(self) -> None:
        settings = _SETTINGS.format(
            port=self.port,
            controller=self._controller,
            data=self._data,
            session_ms=BROKER_SESSION_MS,
        )
        self._settings.write_text(settings + self._secured())

    def _secured(self) -> str:
        if self._certificates is None:
            return ""
        names = {"SCRAM": self.scram_port, "MUTUAL": self.mutual_port, "CLEAR": self.clear_port}
        return _SECURED.format(
            port=self.port,
            controller=self._controller,
            secured=",".join(f"{name}://127.0.0.1:{port}" for name, port in names.items()),
            keystore=self._certificates.server_both,
            truststore=self._certificates.ca,
            user=USER,
            password=PASSWORD,
        )

    def _format(self, libs: Path) -> None:
        tool = [
            *_java(libs),
            *SHORT_LIVED,
            "kafka.tools.StorageTool",
            "format",
            "-t",
            _cluster_id(),
        ]
        if self._certificates is not None:
            tool += ["--add-scram", f"SCRAM-SHA-512=[name={USER},password={PASSWORD}]"]
        with self.output.open("ab") as output:
            done = subprocess.run(
                [*tool, "-c", str(self._settings)],
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=FORMAT_S,
                check=False,
            )
        if done.returncode != 0:
            log = child_process.tail(self.output)
            raise child_process.DidNotStart(f"formatting {self._data} failed\n{log}")

    def answers(self) -> bool:
        """True if it serves metadata now."""
        with contextlib.suppress(OSError):
            return self._brokers_known()
        return False

    def _brokers_known(self) -> bool:
        return _brokers_known("127.0.0.1", self.port) > 0


def missing_parts() -> list[str]:
    """What this machine lacks for the tests on real servers, in words for a person."""
    missing = []
    if shutil.which("java") is None:
        missing.append("Java (no `java` on the PATH)")
    elif (found := _java_version()) < OLDEST_JAVA:
        missing.append(f"Java {OLDEST_JAVA} or newer (this one is {found})")
    if shutil.which("mvn") is None and not _marker(_cache()).exists():
        missing.append("Maven (no `mvn` on the PATH, and no Kafka jars in the cache)")
    if shutil.which("redis-server") is None:
        missing.append("Redis (no `redis-server` on the PATH)")
    return missing


def jars() -> Path:
    """The folder of Kafka's jars, fetched by Maven if this is the first run on the machine."""
    cache = _cache()
    if _marker(cache).exists():
        return cache / "libs"
    with _only_one(cache):
        if not _marker(cache).exists():  # another run may have fetched them while we waited
            _fetch(cache)
    return cache / "libs"


def _fetch(cache: Path) -> None:
    libs = cache / "libs"
    shutil.rmtree(libs, ignore_errors=True)  # left by a run that was cut short
    command = ["mvn", "-q", "-B", "-f", str(_POM), "dependency:copy-dependencies"]
    done = subprocess.run(
        [*command, f"-DoutputDirectory={libs}"],
        capture_output=True,
        text=True,
        timeout=FETCH_S,
        check=False,
    )
    if done.returncode != 0 or not any(libs.glob("kafka_*.jar")):
        said = (done.stdout + done.stderr).strip()
        raise child_process.DidNotStart(f"Maven brought no Kafka jars\n{said}")
    _marker(cache).write_text(f"{len(list(libs.glob('*.jar')))} jars\n")


def _cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "wirewatch" / f"kafka-{KAFKA_VERSION}"


def _marker(cache: Path) -> Path:
    return cache / "complete"


@contextlib.contextmanager
def _only_one(cache: Path) -> Iterator[None]:
    """Two test runs must not copy into one folder; the kernel lets go of the lock at a crash."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _java(libs: Path) -> list[str]:
    return ["java", "-Dlog4j2.level=WARN", "-cp", f"{libs}/*"]


def _java_version() -> int:
    said = subprocess.run(["java", "-version"], capture_output=True, text=True, check=False)
    found = re.search(r'version "(?:1\.)?(\d+)', said.stderr + said.stdout)
    return int(found[1]) if found else 0


def _cluster_id() -> str:
    """16 random bytes as Kafka writes them; a leading dash would read as an option."""
    while True:
        text = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        if not text.startswith("-"):
            return text


def _brokers_known(host: str, port: int) -> int:
    """Brokers in the answer to a Metadata v1 request for no topics: an open port is too early."""
    body = struct.pack(">hhih", 3, 1, 0, -1) + struct.pack(">i", 0)
    with socket.create_connection((host, port), ANSWER_S) as connection:
        connection.sendall(struct.pack(">i", len(body)) + body)
        with connection.makefile("rb") as answer:
            head = answer.read(12)  # length, correlation id, brokers
    return int.from_bytes(head[8:12]) if len(head) == 12 else 0
