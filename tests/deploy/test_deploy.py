"""What deploy/ holds, as far as it can be judged without a cluster: it parses, and its parts agree with one another."""

import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from fastapi import FastAPI

from cloud.api import health
from cloud.broker.accounts import AccountsFile
from cloud.broker.embedded import nats_server
from cloud.config import load
from cloud.registry import keys
from cloud.registry.database import Database
from cloud.registry.gateways import hash_password
from cloud.secrets import Secrets
from protocols.vocabulary import ConfigError
from yingzhou.__main__ import main

DEPLOY = Path(__file__).parents[2] / "deploy"
COMPOSE = sorted(DEPLOY.glob("*/compose.yaml"))
MANIFESTS = sorted(DEPLOY.glob("kubernetes/*/kustomization.yaml"))
CONFIGS = sorted(DEPLOY.rglob("cloud.toml"))
NATS = sorted(DEPLOY.rglob("nats.conf"))
ROLES = {"one-box": ["all"], "cluster": ["api", "ingest"]}


def named(path: Path) -> str:
    return str(path.relative_to(DEPLOY))


def documents(kustomization: Path) -> list[dict[str, Any]]:
    listed = yaml.safe_load(kustomization.read_text())
    return [
        document
        for name in listed["resources"]
        for document in yaml.safe_load_all((kustomization.parent / name).read_text())
    ]


def pods(kustomization: Path) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Kind's name, whole object, and its pod's specification."""
    for document in documents(kustomization):
        if "template" in document.get("spec", {}):
            yield document["metadata"]["name"], document, document["spec"]["template"]["spec"]


def test_what_is_looked_at_is_there() -> None:
    assert [named(path) for path in COMPOSE] == ["cluster/compose.yaml", "one-box/compose.yaml"]
    assert len(MANIFESTS) == 2
    assert len(CONFIGS) == 4


@pytest.mark.parametrize("path", CONFIGS, ids=named)
def test_yingzhou_takes_every_configuration(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(path)]) == 0, capsys.readouterr().err
    for role in ROLES[path.parent.name]:
        assert load(path, role=role).process.role == role


@pytest.mark.parametrize("path", NATS, ids=named)
def test_nats_server_takes_its_configuration(path: Path, tmp_path: Path) -> None:
    shutil.copy(path, tmp_path / "nats.conf")
    (tmp_path / "accounts").mkdir()
    AccountsFile(tmp_path / "accounts" / "accounts.conf", "yingzhou-cloud", hash_password("a")).write(list)
    done = subprocess.run(
        [nats_server(), "-t", "-c", str(tmp_path / "nats.conf")],
        env={"NATS_NAME": "nats-0"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "is valid" in done.stderr


def images() -> Iterator[str]:
    for path in COMPOSE:
        for service in yaml.safe_load(path.read_text())["services"].values():
            yield service["image"]
    for path in MANIFESTS:
        for _, _, pod in pods(path):
            for container in (*pod["containers"], *pod.get("initContainers", ())):
                yield container["image"]
    yield from re.findall(r"^FROM (\S+)", (DEPLOY / "Containerfile").read_text(), re.MULTILINE)


def test_images_name_a_version_and_no_registry() -> None:
    for image in images():
        first, _, rest = image.partition("/")
        assert not rest or not re.search(r"[.:]", first), f"{image}: the first part is the address of a registry"
        assert ":" in image, image
        assert not image.endswith(":latest"), image


def asked(path: Path) -> set[tuple[str, int]]:
    """(host, port) of every server that a configuration names."""
    config = tomllib.loads(path.read_text())
    urls = [config[section].get(key, "") for section, key in URLS if section in config]
    urls += config.get("store", {}).get("flush_urls", [])
    found = set()
    for url in filter(None, urls):
        scheme, _, rest = url.partition("://")
        for host in rest.split(","):
            parts = urlsplit(f"{scheme}://{host}")
            found.add((parts.hostname or "", parts.port or 0))
    return found


URLS = [("broker", "url"), ("broker", "nats_url"), ("registry", "url"), ("store", "url"), ("store", "write_url")]
URLS += [("store", "read_url")]
LISTENS = {"nats": {4222, 1883, 6222, 8222}, "postgres": {5432}, "vmselect": {8481}, "vminsert": {8480}}
LISTENS |= {"vmstorage": {8482, 8400, 8401}}


@pytest.mark.parametrize("path", COMPOSE, ids=named)
def test_compose_has_what_its_configurations_ask_for(path: Path) -> None:
    compose = yaml.safe_load(path.read_text())
    services = compose["services"]
    for host, port in asked(path.parent / "cloud.toml"):
        assert host in services
        assert port in LISTENS[host.rsplit("-", 1)[0] if host[-1].isdigit() else host]
    for name, service in services.items():
        for volume in service.get("volumes", ()):
            source = volume.split(":", 1)[0]
            there = (path.parent / source).exists() if source.startswith(".") else source in compose["volumes"]
            assert there, f"{name}: {volume}"
        for secret in service.get("secrets", ()):
            assert secret in compose["secrets"], f"{name}: {secret}"
        for other in service.get("depends_on", ()):
            assert other in services, f"{name}: {other}"
        if "build" in service:
            assert (path.parent / service["build"]["context"] / service["build"]["dockerfile"]).is_file()
        if service["image"] == "yingzhou:local" and "healthcheck" in service:
            assert "http://127.0.0.1:8080/readyz" in service["healthcheck"]["test"][-1]
        for node in re.findall(r"-storageNode=(\S+)", " ".join(service.get("command", ()))):
            assert {part.rsplit(":", 1)[0] for part in node.split(",")} <= set(services)


def test_both_clusters_have_the_files_that_the_cloud_is_told_of() -> None:
    for path in CONFIGS:
        config = tomllib.loads(path.read_text())
        if "registry" not in config:
            continue
        folder = "/run/secrets" if "kubernetes" not in path.parts else "/run/secrets/yingzhou"
        files = [config["broker"]["password_file"], config["registry"]["password_file"]]
        assert files == [f"{folder}/broker-password", f"{folder}/postgres-password"]
        assert config["broker"]["accounts_file"] == "/accounts/accounts.conf"


def storage_nodes(kustomization: Path) -> set[tuple[str, int]]:
    """(host, port) of those that VictoriaMetrics' other parts are told of."""
    arguments = [one for _, _, pod in pods(kustomization) for c in pod["containers"] for one in c.get("args", ())]
    nodes = [node for one in arguments if "-storageNode=" in one for node in one.split("=", 1)[1].split(",")]
    return {(node.rsplit(":", 1)[0], int(node.rsplit(":", 1)[1])) for node in nodes}


@pytest.mark.parametrize("path", MANIFESTS, ids=named)
def test_services_lead_to_pods_and_configurations_to_services(path: Path) -> None:
    ports: dict[str, dict[str, int]] = {}
    sets: dict[str, int] = {}
    for name, document, pod in pods(path):
        assert document["spec"]["selector"]["matchLabels"] == document["spec"]["template"]["metadata"]["labels"]
        ports[name] = {one["name"]: one["containerPort"] for c in pod["containers"] for one in c.get("ports", ())}
        if document["kind"] == "StatefulSet":
            sets[document["spec"]["serviceName"]] = document["spec"]["replicas"]
    services: dict[str, set[int]] = {}
    for document in documents(path):
        if document["kind"] == "Service":
            target = ports[document["spec"]["selector"]["app"]]
            for port in document["spec"]["ports"]:
                assert target[port["targetPort"]] == port["port"]
            services[document["metadata"]["name"]] = {port["port"] for port in document["spec"]["ports"]}
    for host, port in asked(path.parent / "cloud.toml") | storage_nodes(path):
        pod_name, _, service = host.rpartition(".")
        assert port in services[service], host
        if pod_name:
            assert int(pod_name.rsplit("-", 1)[1]) < sets[service], host


def _routes() -> set[str]:
    app = FastAPI()
    app.include_router(health.router)
    return set(app.openapi()["paths"])


@pytest.mark.parametrize("path", MANIFESTS, ids=named)
def test_probes_ask_real_routes_and_mounts_have_volumes(path: Path) -> None:
    generated = {one["name"] for one in yaml.safe_load(path.read_text())["configMapGenerator"]}
    claims = {one["metadata"]["name"] for one in documents(path) if one["kind"] == "PersistentVolumeClaim"}
    for name, document, pod in pods(path):
        volumes = {one["name"]: one for one in pod.get("volumes", ())}
        volumes |= {one["metadata"]["name"]: one for one in document["spec"].get("volumeClaimTemplates", ())}
        for volume in volumes.values():
            assert volume.get("configMap", {}).get("name", "cloud") in generated
            assert volume.get("secret", {}).get("secretName", "yingzhou") == "yingzhou"
            claim = volume.get("persistentVolumeClaim", {}).get("claimName")
            assert claim is None or claim in claims
        for container in (*pod["containers"], *pod.get("initContainers", ())):
            for mount in container.get("volumeMounts", ()):
                assert mount["name"] in volumes, f"{name}: {mount}"
            own = {one["name"] for one in container.get("ports", ())}
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                get = container.get(probe, {}).get("httpGet")
                if get is None:
                    continue
                assert get["port"] in own
                if container["image"] == "yingzhou:local":
                    assert get["path"] in _routes()


def test_the_secret_of_the_guide_is_one_that_the_cloud_takes(tmp_path: Path) -> None:
    guide = (DEPLOY.parent / "docs" / "scale.md").read_text()
    commands = dict(re.findall(r"--from-literal=(\S+?)=(\".+\")", guide))
    assert set(commands) == {"master-key", "admin-api-key", "broker-password", "postgres-password"}
    (tmp_path / "secrets").mkdir(mode=0o700)
    for name in ("master-key", "admin-api-key"):
        path = tmp_path / "secrets" / name
        path.touch(mode=0o600)
        path.write_bytes(subprocess.check_output(["sh", "-c", f"printf %s {commands[name]}"]))
    secrets = Secrets.open(tmp_path / "secrets", make=False)
    with Database(f"sqlite:///{tmp_path}/registry.sqlite") as registry, registry.begin() as tx:
        keys.install(tx, secrets.admin_api_key, "admin", ["admin"], 1)


def test_a_worker_makes_no_secrets_of_its_own(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="a worker needs that"):
        Secrets.open(tmp_path / "secrets", make=False)
    assert not (tmp_path / "secrets").exists()


def test_the_container_has_all_that_it_copies() -> None:
    text = (DEPLOY / "Containerfile").read_text()
    ignored = (DEPLOY.parent / ".dockerignore").read_text()
    assert (DEPLOY.parent / ".containerignore").read_text() == ignored
    kept = set(re.findall(r"^!(\S+)$", ignored, re.MULTILINE))
    assert all((DEPLOY.parent / name).exists() for name in kept)
    packages = tomllib.loads((DEPLOY.parent / "pyproject.toml").read_text())
    assert set(packages["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) <= kept
    assert "requirements/cloud.txt" in text
