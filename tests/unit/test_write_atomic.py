from __future__ import annotations

import errno
from pathlib import Path

import pytest

from data.write.atomic import Exchange, exchange_names, whole_folder, write_file
from geo.errors import OutputExistsError


class MadeUpFailureError(Exception):
    pass


def cannot_exchange(_one: Path, _other: Path) -> bool:
    return False


def always() -> bool:
    return True


def never() -> bool:
    return False


@pytest.fixture
def old(tmp_path: Path) -> Path:
    folder = tmp_path / "plan"
    write_file(folder / "deep" / "file", b"old")
    return folder


def content(folder: Path) -> dict[str, bytes]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def write_and_fail(target: Path, failure: type[BaseException]) -> None:
    with whole_folder(target, may_replace=always) as work:
        write_file(work / "x", b"new")
        raise failure


def test_a_folder_appears_with_all_its_files(tmp_path: Path) -> None:
    target = tmp_path / "a" / "b" / "plan"
    with whole_folder(target, may_replace=never) as work:
        write_file(work / "x" / "y", b"new")
        assert not target.exists()
    assert content(tmp_path) == {"a/b/plan/x/y": b"new"}


def test_an_empty_folder_is_filled_without_asking(tmp_path: Path) -> None:
    target = tmp_path / "plan"
    target.mkdir()
    with whole_folder(target, may_replace=never) as work:
        write_file(work / "x", b"new")
    assert content(tmp_path) == {"plan/x": b"new"}


def test_folders_are_as_open_as_the_umask_says(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.mkdir()
    with whole_folder(tmp_path / "plan", may_replace=never):
        pass
    assert (tmp_path / "plan").stat().st_mode == plain.stat().st_mode


@pytest.mark.parametrize("exchange", [exchange_names, cannot_exchange])
def test_an_old_folder_is_swapped_for_the_new_one(old: Path, exchange: Exchange) -> None:
    with whole_folder(old, may_replace=always, exchange=exchange) as work:
        write_file(work / "x", b"new")
    assert content(old.parent) == {"plan/x": b"new"}
    assert names(old.parent) == ["plan"]


def test_this_system_exchanges_names_in_one_step(old: Path, tmp_path: Path) -> None:
    write_file(tmp_path / "other" / "x", b"new")
    assert exchange_names(tmp_path / "other", old)
    assert content(tmp_path) == {"other/deep/file": b"old", "plan/x": b"new"}


def test_a_failed_exchange_is_told(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    with pytest.raises(FileNotFoundError):
        exchange_names(tmp_path / "one", tmp_path / "none")


@pytest.mark.parametrize("failure", [MadeUpFailureError, KeyboardInterrupt])
def test_a_failure_in_the_middle_leaves_nothing(
    tmp_path: Path, failure: type[BaseException]
) -> None:
    with pytest.raises(failure):
        write_and_fail(tmp_path / "plan", failure)
    assert names(tmp_path) == []


def test_a_failure_in_the_middle_leaves_the_old_folder_as_it_was(old: Path) -> None:
    with pytest.raises(MadeUpFailureError):
        write_and_fail(old, MadeUpFailureError)
    assert content(old.parent) == {"plan/deep/file": b"old"}
    assert names(old.parent) == ["plan"]


def test_what_may_not_go_stays(old: Path) -> None:
    with pytest.raises(OutputExistsError), whole_folder(old, may_replace=never) as work:
        write_file(work / "x", b"new")
    assert content(old.parent) == {"plan/deep/file": b"old"}
    assert names(old.parent) == ["plan"]


def test_a_file_that_turned_up_meanwhile_stays(tmp_path: Path) -> None:
    target = tmp_path / "plan"
    with pytest.raises(OutputExistsError), whole_folder(target, may_replace=never):
        target.write_bytes(b"someone else's")
    assert content(tmp_path) == {"plan": b"someone else's"}


def test_a_failed_swap_puts_the_old_folder_back(old: Path) -> None:
    def lose_the_new_folder(work: Path, _target: Path) -> bool:
        write_file(work.parent / "elsewhere" / "x", (work / "x").read_bytes())
        (work / "x").unlink()
        work.rmdir()
        return False

    with (
        pytest.raises(OSError, match="No such file") as failure,
        whole_folder(old, may_replace=always, exchange=lose_the_new_folder) as work,
    ):
        write_file(work / "x", b"new")
    assert failure.value.errno == errno.ENOENT
    assert content(old.parent) == {"elsewhere/x": b"new", "plan/deep/file": b"old"}


def test_a_crash_right_before_or_after_the_exchange_leaves_a_whole_folder(old: Path) -> None:
    seen: list[dict[str, bytes]] = []

    def watched(work: Path, target: Path) -> bool:
        seen.append(content(target))
        done = exchange_names(work, target)
        seen.append(content(target))
        return done

    with whole_folder(old, may_replace=always, exchange=watched) as work:
        write_file(work / "x", b"new")
    assert seen == [{"deep/file": b"old"}, {"x": b"new"}]


def test_a_file_is_never_written_over(tmp_path: Path) -> None:
    write_file(tmp_path / "x", b"first")
    with pytest.raises(FileExistsError):
        write_file(tmp_path / "x", b"second")
    assert (tmp_path / "x").read_bytes() == b"first"
