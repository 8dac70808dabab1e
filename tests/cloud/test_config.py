from pathlib import Path

import pytest

from cloud.config import CloudConfig, load
from protocols.vocabulary import ConfigError


def written(folder: Path, text: str) -> Path:
    path = folder / "cloud.toml"
    path.write_text(text, encoding="utf-8")
    return path


def refusal(folder: Path, text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load(written(folder, text))
    return str(caught.value).replace(str(folder), "")


def test_empty_file_is_a_configuration(tmp_path: Path) -> None:
    config = load(written(tmp_path, ""))
    assert (config.api.host, config.api.port, config.broker.url) == ("127.0.0.1", 8080, "")
    assert config.data.dir == tmp_path / "data"
    assert config.registry_url == f"sqlite:///{tmp_path}/data/registry.sqlite"
    assert config.webhooks.allow_targets == ()


def test_defaults_without_a_file() -> None:
    config = CloudConfig()
    assert config.data.dir == Path("data")
    assert config.registry_url == f"sqlite:///{Path.cwd()}/data/registry.sqlite"


def test_everything_can_be_said(tmp_path: Path) -> None:
    config = load(
        written(
            tmp_path,
            """
            [api]
            host = "::1"
            port = 0
            [data]
            dir = "/srv/yingzhou"
            [broker]
            url = "mqtts://broker.example:8883"
            username = "cloud"
            password_file = "broker.secret"
            ca_file = "broker-ca.pem"
            [registry]
            url = "postgresql+psycopg://u:p@db/yingzhou"
            [webhooks]
            allow_targets = ["10.1.0.0/16", "dispatch.local:8443", "[fd00::1]:443"]
            [limits]
            body_bytes = 2048
            """,
        )
    )
    assert config.data.dir == Path("/srv/yingzhou")
    assert config.broker.password_file == tmp_path / "broker.secret"
    assert config.broker.ca_file == tmp_path / "broker-ca.pem"
    assert config.registry_url.startswith("postgresql")
    assert len(config.webhooks.allow_targets) == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[api]\n\nport = 80800\n", "/cloud.toml:3: api.port: '80800': Input should be less than or equal to 65535"),
        ('[api]\nport = "80"\n', "/cloud.toml:2: api.port: '80': Input should be a valid integer"),
        ("[api]\nport = true\n", "/cloud.toml:2: api.port: 'True': Input should be a valid integer"),
        ("[api]\nprot = 80\n", "/cloud.toml:2: api.prot: '80': no such key; expected one of host, port"),
        (
            "[doors.sparkplug]\nopne = true\n",
            "/cloud.toml:2: doors.sparkplug.opne: 'True': no such key; expected one of open, accounts, host_id",
        ),
        (
            "[doors.thingsboard]\naccounts = ['x']\n",
            "/cloud.toml:2: doors.thingsboard.accounts.0: 'x': gateway identifier",
        ),
        ("[home_assistant]\ntopic = 'a/+'\n", "/cloud.toml:2: home_assistant.topic: 'a/+'"),
        ("a = 1\n", "/cloud.toml:1: a: '1': no such key; expected one of api, data, broker, store, registry"),
        ("[api]\n[api]\n", "/cloud.toml:2: no TOML: "),
        ("[api\n", "/cloud.toml:1: no TOML: "),
        ('[broker]\nusername = "u"\n', "/cloud.toml:1: broker: username and password_file: expected both or neither"),
        (
            '[broker]\nurl = "mqtt://b"\nca_file = "ca.pem"\n',
            "broker: ca_file: expected only together with a url of mqtts",
        ),
        ('[webhooks]\nallow_targets = [\n"10.0.0.0/8",\n"10.0.0.1/8"]\n', "/cloud.toml:4: webhooks.allow_targets.1:"),
        ('[webhooks]\nallow_targets = ["host:0"]\n', "expected a network such as 10.1.0.0/16, or host:port"),
        (
            '[process]\nrole = "ingest"\n',
            "'ingest': expected together with broker.url, store.url, registry.url of a server",
        ),
        ('[broker]\nnats_url = "nats://b"\n', "broker: nats_url: expected only together with url"),
        ('[registry]\npassword_file = "p"\n', "password_file: expected only together with a url of postgresql://"),
        ('[store]\nurl = "mysql"\n', "/cloud.toml:2: store.url: 'mysql': expected duckdb, influxdb:"),
    ],
)
def test_error_names_file_line_key_and_what_is_allowed(tmp_path: Path, text: str, message: str) -> None:
    assert message in refusal(tmp_path, text)


def test_one_file_for_many_processes(tmp_path: Path) -> None:
    (tmp_path / "word").write_text("p@ss/word\n")
    path = written(
        tmp_path,
        """
        [broker]
        url = "mqtt://a:1,b,[::1]:3"
        nats_url = "nats://a,b"
        [store]
        url = "victoriametrics://vm"
        [registry]
        url = "postgresql://yingzhou@db/yingzhou"
        password_file = "word"
        """,
    )
    assert load(path).process.role == "all"
    config = load(path, role="ingest")
    assert config.process.role == "ingest"
    assert config.registry_url == "postgresql://yingzhou:p%40ss%2Fword@db/yingzhou"


def test_every_fault_has_its_line(tmp_path: Path) -> None:
    told = refusal(tmp_path, "[api]\nport = -1\nhost = 5\n[limits]\nbody_bytes = 1\n").splitlines()
    assert [line.split(":")[1] for line in told] == ["2", "3", "5"]


def test_password_in_a_url_is_not_repeated(tmp_path: Path) -> None:
    assert "hunter2" not in refusal(tmp_path, '[registry]\nurl = "mysql://u:hunter2@db/x"\n')
    assert "hunter2" not in refusal(tmp_path, '[broker]\nurl = "http://u:hunter2@b"\nusername = "u"\n')


def test_unreadable_files(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        load(tmp_path / "none.toml")
    (tmp_path / "bytes.toml").write_bytes(b"a = '\xff'")
    with pytest.raises(ConfigError, match="no UTF-8 at byte 5"):
        load(tmp_path / "bytes.toml")
    (tmp_path / "big.toml").write_bytes(b"#" * (1 << 20) + b"#")
    with pytest.raises(ConfigError, match="more than"):
        load(tmp_path / "big.toml")
