import asyncio
from contextlib import asynccontextmanager

import pytest

from gateway.runtime import watch as module
from gateway.runtime.watch import watch


@asynccontextmanager
async def watching(path):
    changes = asyncio.Queue()

    async def changed():
        changes.put_nowait(path.read_text())

    task = asyncio.create_task(watch(path, changed))
    await asyncio.sleep(0.3)
    try:
        yield changes
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


@pytest.fixture
def path(tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text("x-what: old")
    return file


async def told(changes):
    async with asyncio.timeout(20):
        return await changes.get()


async def test_a_file_written_in_place_is_noticed(path):
    async with watching(path) as changes:
        path.write_text("x-what: new")
        assert await told(changes) == "x-what: new"


async def test_a_file_put_in_its_place_is_noticed(path):
    async with watching(path) as changes:
        other = path.with_name("config.yaml.tmp")
        other.write_text("x-what: new")
        other.replace(path)
        assert await told(changes) == "x-what: new"


async def test_the_links_of_a_mounted_config_map_are_followed(tmp_path):
    for version in ("one", "two"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "config.yaml").write_text(version)
    (tmp_path / "..data").symlink_to("one")
    path = tmp_path / "config.yaml"
    path.symlink_to("..data/config.yaml")
    async with watching(path) as changes:
        (tmp_path / "..data_tmp").symlink_to("two")
        (tmp_path / "..data_tmp").replace(tmp_path / "..data")
        assert await told(changes) == "two"


ROUTE = "routing_preferences: [{name: code, description: code, models: [m], examples: %s}]"


async def test_what_it_does_not_name_does_not_count(path):
    path.write_text(ROUTE % "code.jsonl")
    (path.parent / "decisions").mkdir()
    async with watching(path) as changes:
        for name in ("gateway.log", "other.jsonl", "other.yaml", "decisions/host-0.jsonl"):
            (path.parent / name).write_text("a line")
        await asyncio.sleep(1)
        assert changes.empty()
        path.with_name("code.jsonl").write_text("{}")
        assert await told(changes) == ROUTE % "code.jsonl"


async def test_a_file_of_examples_in_a_folder_of_its_own_counts(path):
    path.write_text(ROUTE % "examples/code.jsonl")
    (path.parent / "examples").mkdir()
    async with watching(path) as changes:
        (path.parent / "examples/code.jsonl").write_text("{}")
        assert await told(changes) == ROUTE % "examples/code.jsonl"


async def test_a_secret_elsewhere_counts(path, tmp_path_factory):
    secrets = tmp_path_factory.mktemp("secrets")
    path.write_text(f"admin: {{token: 'file:{secrets}/token'}}")
    async with watching(path) as changes:
        (secrets / "token").write_text("changed")
        assert "token" in await told(changes)


async def test_a_folder_that_a_change_names_is_watched_from_then_on(path):
    (path.parent / "examples").mkdir()
    async with watching(path) as changes:
        path.write_text(ROUTE % "examples/code.jsonl")
        await told(changes)
        await told(changes)  # again, once the new folder is watched
        await asyncio.sleep(0.3)
        while not changes.empty():
            changes.get_nowait()
        (path.parent / "examples/code.jsonl").write_text("{}")
        assert await told(changes) == ROUTE % "examples/code.jsonl"


async def test_a_broken_file_is_watched_on(path):
    async with watching(path) as changes:
        path.write_text("[")
        assert await told(changes) == "["
        path.write_text("x-what: mended")
        assert await told(changes) == "x-what: mended"


async def test_a_file_that_is_gone_is_not_read(path):
    async with watching(path) as changes:
        path.unlink()
        await asyncio.sleep(1)
        assert changes.empty()


async def test_what_changed_before_the_watch_began_is_looked_for_once(path, monkeypatch):
    monkeypatch.setattr(module, "_CHECK_MS", 100)
    async with watching(path) as changes:
        assert await told(changes) == "x-what: old"
        await asyncio.sleep(0.5)
        assert changes.empty()
