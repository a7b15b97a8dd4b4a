"""docker-compose.yml as ops will run it: it parses, is healthy, hardened and keeps no secret."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from monitor.vitals.metrics import METRICS

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "docker-compose.yml"
DEPLOY = ROOT / "deploy"
EXAMPLE = ROOT / ".env.example"
ROLES = ("poll", "match", "alert")
HEALTH = ["CMD", "wirewatch", "health", "--desk", "/desk"]

CONFIG_S = 60
"""Seconds docker-compose may take to read the file."""

TOKEN = re.compile(r"xox[a-z]-|xapp-|hooks\.slack\.com/services/|BEGIN [A-Z ]*PRIVATE KEY")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load(COMPOSE.read_text())


@pytest.fixture(scope="module")
def services(compose) -> dict[str, Any]:
    return compose["services"]


@pytest.mark.parametrize("settings", [(), ("--env-file", str(EXAMPLE))], ids=["bare", "example"])
def test_docker_compose_reads_it(settings, tmp_path):
    program = docker_compose()
    shutil.copy(COMPOSE, tmp_path)  # away from a developer's own .env
    done = subprocess.run(
        [program, *settings, "-f", "docker-compose.yml", "config", "-q"],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=CONFIG_S,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def docker_compose() -> str:
    program = shutil.which("docker-compose")
    if program is None:
        complaint = "docker-compose is not installed: whether it reads the file is not tested"
        if os.environ.get("WIREWATCH_REQUIRE_REAL") == "1":
            pytest.fail(complaint)
        pytest.skip(complaint)
    return program


def test_no_top_level_name(compose):
    assert "name" not in compose  # Debian's docker-compose 1.29 refuses it
    assert "version" not in compose


def test_every_service_has_a_healthcheck(services):
    assert set(services) == {*ROLES, "kafka", "redis", "rules"}
    for name in services.keys() - {"rules"}:
        assert services[name]["healthcheck"]["test"], name


def test_rules_are_pushed_once_at_up(services):
    rules = services["rules"]
    assert rules["command"] == ["rules", "push", "--desk", "/desk"]
    assert rules["restart"] == "no"
    assert rules["healthcheck"] == {"disable": True}  # the image has one
    assert rules["depends_on"] == {"kafka": {"condition": "service_healthy"}}
    # a broken book must not keep `match` from the last good one
    assert "rules" not in services["match"]["depends_on"]


def test_each_role_serves_where_prometheus_scrapes_it(compose, services):
    [scrape] = yaml.safe_load((DEPLOY / "prometheus.yml").read_text())["scrape_configs"]
    [found] = scrape["dns_sd_configs"]
    assert found["names"] == list(ROLES)
    for role in ROLES:
        host, _, port = services[role]["environment"]["WIREWATCH_HTTP"].rpartition(":")
        assert (host, int(port)) == ("0.0.0.0", found["port"])
        assert "inside" in services[role]["networks"]
    assert compose["networks"]["inside"]["internal"] is True


def test_alert_rules_ask_for_metrics_there_are():
    config = yaml.safe_load((DEPLOY / "prometheus.yml").read_text())
    [name] = config["rule_files"]
    [group] = yaml.safe_load((DEPLOY / name).read_text())["groups"]
    assert len({rule["alert"] for rule in group["rules"]}) == len(group["rules"]) >= 8
    for rule in group["rules"]:
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert rule["annotations"]["summary"]
        asked = re.findall(r"\bwirewatch_\w+?(?=_bucket\b|\b)", rule["expr"])
        assert asked or "up{" in rule["expr"]
        assert not set(asked) - METRICS.keys(), rule["alert"]
        for label in re.findall(r"by \(([\w, ]+)\)", rule["expr"]):
            known = {"le", *(known for name in asked for known in METRICS[name].labels)}
            assert set(label.split(", ")) <= known


def test_roles_wait_for_healthy_brokers(services):
    for role in ROLES:
        waits = services[role]["depends_on"]
        assert {waits[each]["condition"] for each in ("kafka", "redis")} == {"service_healthy"}


def test_roles_run_what_they_are_called(services):
    for role in ROLES:
        assert services[role]["command"] == ["run", role, "--desk", "/desk"]
        assert services[role]["healthcheck"]["test"] == [
            "CMD",
            "wirewatch",
            "health",
            "--desk",
            "/desk",
        ]


def test_everything_is_hardened(services):
    for name, service in services.items():
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["restart"] == ("no" if name == "rules" else "unless-stopped"), name
        assert "ports" not in service, name
        assert not service.get("privileged"), name
    for role in (*ROLES, "rules"):
        assert services[role]["read_only"] is True
        assert services[role]["user"] == "10001:10001"


def test_images_are_pinned(services):
    for name in ("kafka", "redis"):
        assert re.fullmatch(r"[a-z/]+:\d+\.\d+\.\d+", services[name]["image"])


def test_state_is_kept_in_volumes_and_the_desk_is_read_only(compose, services):
    named = set()
    for name, service in services.items():
        for mount in service["volumes"]:
            if mount.endswith(":/desk:ro"):
                assert mount == "${WIREWATCH_DESK:-./desk}:/desk:ro"
            else:
                named.add(mount.partition(":")[0])
        assert len(service["volumes"]) == (2 if name in ROLES else 1)
    assert named == set(compose["volumes"])


def test_memory_and_log_survive_a_crash(services):
    said = " ".join(services["redis"]["command"])
    assert "--appendonly yes --appendfsync always" in said
    assert "--maxmemory-policy noeviction" in said
    assert services["kafka"]["environment"]["KAFKA_LOG_DIRS"] == "/var/lib/kafka/data"


def test_no_secret_inside(services):
    for path in (COMPOSE, EXAMPLE, ROOT / "Dockerfile"):
        assert not TOKEN.search(path.read_text()), path.name
    for name, service in services.items():
        assert "env_file" not in service
        for key, value in service.get("environment", {}).items():
            if re.search("TOKEN|SECRET|PASSWORD|PASSWD", key):
                assert str(value).startswith("/run/secrets/"), f"{name}: {key}"


def test_only_the_role_that_posts_gets_the_token(services):
    assert [name for name, service in services.items() if "secrets" in service] == ["alert"]


def test_every_variable_is_documented():
    used = dict(re.findall(r"\$\{(\w+):-([^}]*)\}", COMPOSE.read_text()))
    told = dict(re.findall(r"^(\w+)=(.*)$", EXAMPLE.read_text(), re.MULTILINE))
    assert used == told
    assert COMPOSE.read_text().count("${") == len(
        re.findall(r"\$\{\w+:-[^}]*\}", COMPOSE.read_text())
    )  # none without a default: the file works without an .env


def test_the_image_installs_from_the_lock_and_drops_root():
    text = (ROOT / "Dockerfile").read_text()
    assert "--require-hashes -r requirements.lock" in text
    assert re.search(r"^ARG PYTHON=python:3\.13\.\d+-slim", text, re.MULTILINE)
    final = text.rpartition("\nFROM ")[2]
    for needed in ("USER 10001:10001", "PYTHONSAFEPATH=1", "PYTHONUNBUFFERED=1", "HEALTHCHECK"):
        assert needed in final
    assert 'ENTRYPOINT ["wirewatch"]' in final
