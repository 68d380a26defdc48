import asyncio
from contextlib import asynccontextmanager

import pytest

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
    file.write_text("old")
    return file


async def told(changes):
    async with asyncio.timeout(20):
        return await changes.get()


async def test_a_file_written_in_place_is_noticed(path):
    async with watching(path) as changes:
        path.write_text("new")
        assert await told(changes) == "new"


async def test_a_file_put_in_its_place_is_noticed(path):
    async with watching(path) as changes:
        other = path.with_name("config.yaml.tmp")
        other.write_text("new")
        other.replace(path)
        assert await told(changes) == "new"


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


async def test_examples_beside_it_count_and_a_log_does_not(path):
    async with watching(path) as changes:
        path.with_name("gateway.log").write_text("a line")
        await asyncio.sleep(1)
        assert changes.empty()
        path.with_name("code.jsonl").write_text("{}")
        assert await told(changes) == "old"


async def test_a_file_that_is_gone_is_not_read(path):
    async with watching(path) as changes:
        path.unlink()
        await asyncio.sleep(1)
        assert changes.empty()
