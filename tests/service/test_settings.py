"""The settings of the service, and that its documents tell all of them."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from app.service.ownership import keep_to_owner
from app.service.serve import read_settings
from app.service.settings import MIB, SettingError, service_settings

ROOT = Path(__file__).parents[2]
NAME = re.compile(r"PLACARDE_[A-Z_]+[A-Z]")
SECRET = b"x" * 32


def _settings_in(path: Path) -> set[str]:
    return {name.removesuffix("_FILE") for name in NAME.findall(path.read_text(encoding="utf-8"))}


def test_without_a_setting_everything_is_local() -> None:
    settings = service_settings({}, secret=SECRET)
    assert settings.database_url == "sqlite:///placarde-data/placarde.sqlite"
    assert (settings.dask, settings.workers, settings.four_eyes) == ("", 1, True)
    assert settings.retention is None


def test_a_local_store_is_in_a_folder_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "kept" / "here"
    read_settings({"PLACARDE_FOLDER": str(folder)})
    assert folder.stat().st_mode & 0o777 == 0o700


def test_what_was_left_open_to_others_is_closed_before_anything_is_served(tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    settings = read_settings({"PLACARDE_FOLDER": str(folder)})
    kept = [folder / name for name in ("placarde.sqlite", "placarde.sqlite-wal", "secret")]
    for path in kept:
        path.touch()
        path.chmod(0o644)
    folder.chmod(0o755)
    told: list[str] = []
    keep_to_owner(settings, tell=told.append)
    assert [path.stat().st_mode & 0o777 for path in kept] == [0o600] * 3
    assert folder.stat().st_mode & 0o777 == 0o700
    assert len(told) == 4
    keep_to_owner(settings, tell=told.append)
    assert len(told) == 4


def test_a_folder_with_other_things_stays_open_and_a_store_elsewhere_is_closed(
    tmp_path: Path,
) -> None:
    (tmp_path / "mine.txt").touch()
    tmp_path.chmod(0o755)
    store = tmp_path / "elsewhere.db"
    store.touch()
    store.chmod(0o640)
    url = f"sqlite:///{store}"
    environment = {"PLACARDE_FOLDER": str(tmp_path), "PLACARDE_DATABASE_URL": url}
    keep_to_owner(service_settings(environment, secret=SECRET), tell=lambda _: None)
    assert store.stat().st_mode & 0o777 == 0o600
    assert tmp_path.stat().st_mode & 0o777 == 0o755


def test_what_is_not_ours_to_close_is_refused_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = read_settings({"PLACARDE_FOLDER": str(tmp_path)})
    (tmp_path / "secret").chmod(0o644)

    def not_ours(_path: Path, _mode: int) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "chmod", not_ours)
    with pytest.raises(SettingError, match=f"chmod go-rwx {tmp_path / 'secret'}"):
        keep_to_owner(settings, tell=lambda _: None)


def test_what_is_set_is_read() -> None:
    settings = service_settings(
        {
            "PLACARDE_DATABASE_URL": "postgresql+psycopg://someone@db/placarde",
            "PLACARDE_DASK": "tcp://scheduler:8786",
            "PLACARDE_FOUR_EYES": "no",
            "PLACARDE_LEASE_S": "60",
            "PLACARDE_JOB_ATTEMPTS": "5",
            "PLACARDE_RETENTION_DAYS": "730",
            "PLACARDE_UPLOAD_MIB": "8",
            "PLACARDE_PROXIES": "10.0.0.1 10.0.0.2",
            "PLACARDE_PUBLIC_URL": "https://placarde.example.fr/",
        },
        secret=SECRET,
    )
    assert settings.database_url == "postgresql+psycopg://someone@db/placarde"
    assert settings.four_eyes is False
    assert (settings.lease, settings.job_attempts) == (timedelta(seconds=60), 5)
    assert settings.retention == timedelta(days=730)
    assert settings.upload_limit == 8 * MIB
    assert settings.forwarded_allow == ("10.0.0.1", "10.0.0.2")
    assert settings.public_url == "https://placarde.example.fr"


def test_a_secret_setting_may_stand_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "database-url"
    path.write_text("sqlite:///elsewhere.sqlite\n", encoding="utf-8")
    settings = service_settings({"PLACARDE_DATABASE_URL_FILE": str(path)}, secret=SECRET)
    assert settings.database_url == "sqlite:///elsewhere.sqlite"
    with pytest.raises(SettingError, match="PLACARDE_DATABASE_URL_FILE"):
        service_settings({"PLACARDE_DATABASE_URL_FILE": str(tmp_path / "none")}, secret=SECRET)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PLACARDE_WORKERS", "0"),
        ("PLACARDE_WORKERS", "two"),
        ("PLACARDE_FOUR_EYES", "maybe"),
        ("PLACARDE_LEASE_S", "2"),
        ("PLACARDE_LEASE_S", "86400"),
        ("PLACARDE_JOB_ATTEMPTS", "0"),
        ("PLACARDE_RETENTION_DAYS", "-1"),
        ("PLACARDE_UPLOAD_MIB", "1.5"),
    ],
)
def test_a_setting_that_cannot_be_used_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingError, match=name):
        service_settings({name: value}, secret=SECRET)


def test_secrets_are_not_shown() -> None:
    url = "postgresql+psycopg://someone:hush@db/placarde"
    shown = repr(service_settings({"PLACARDE_DATABASE_URL": url}, secret=b"whisper" * 5))
    assert "hush" not in shown
    assert "whisper" not in shown


def test_every_setting_is_in_the_one_table_of_the_document_and_no_other() -> None:
    modules = [*(ROOT / "app").rglob("*.py"), *(ROOT / "data").rglob("*.py")]
    own = ROOT / "data" / "gdal"  # tells its own child process what to skip
    code = set().union(*(_settings_in(path) for path in modules if own not in path.parents))
    told = _settings_in(ROOT / "docs" / "deploy.md")
    table = re.findall(
        r"^\| `(PLACARDE_[A-Z_]+)`", (ROOT / "docs/deploy.md").read_text(), re.MULTILINE
    )
    assert sorted(table) == sorted(code)
    assert told == code


def test_the_containers_are_told_only_settings_that_there_are() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"]
    given = {name.removesuffix("_FILE") for name in services["api"]["environment"]}
    assert given <= _settings_in(ROOT / "docs" / "deploy.md")
