"""URLs: an S3 server here, and fsspec's memory, which no worker process can see."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from autoedit.bulk import storage
from autoedit.errors import InputError, OutputError, PhotoError
from tests.bulk import drill
from tests.bulk.conftest import Doer

fsspec = pytest.importorskip("fsspec")
pytestmark = pytest.mark.filterwarnings("ignore")  # of the S3 client's and the server's own


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    """An empty bucket on a server of this process; the client finds it as it finds any."""
    pytest.importorskip("s3fs")
    moto = pytest.importorskip("moto.server")
    server = moto.ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("AWS_ACCESS_KEY_ID", "key")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        fsspec.filesystem("s3").mkdir("shop")
        yield "s3://shop"
    server.stop()


@pytest.fixture
def memory() -> Iterator[str]:
    yield "memory://shop"
    fsspec.filesystem("memory").store.clear()


def put_photos(url: str, folder: Path) -> None:
    for number in range(3):
        path = drill.write_photo(folder / f"{number}.png", number)
        storage.write(f"{url}/in/{('', 'sub/')[number % 2]}{number}.png", path.read_bytes())
    storage.write(f"{url}/in/notes.txt", b"no photo")
    storage.write(f"{url}/in/bad.jpg", b"no photo either")


def check_run(do: Doer, url: str, tmp_path: Path) -> None:
    put_photos(url, tmp_path)
    results = do(f"{url}/in", out=f"{url}/out", ledger=str(tmp_path / "ledger"))
    states = {each.photo.rpartition("/in/")[2]: each.state for each in results}
    assert states == {"0.png": "done", "sub/1.png": "done", "2.png": "done", "bad.jpg": "failed"}
    assert storage.names_below(f"{url}/out") == {
        "0-obscure.png", "2-obscure.png", "sub/1-obscure.png"
    }  # fmt: skip
    for result in results:
        if result.output is not None:
            content = storage.read(result.output)
            assert storage.digest(content) == result.output_hash
            assert Image.open(io.BytesIO(content)).size == (32, 24)
    assert do(f"{url}/in", out=f"{url}/out", ledger=str(tmp_path / "ledger")) == []
    changed = drill.write_photo(tmp_path / "changed.png", 77).read_bytes()
    storage.write(f"{url}/in/2.png", changed)
    (again,) = do(f"{url}/in", out=f"{url}/out", ledger=str(tmp_path / "ledger"))
    assert again.photo.endswith("in/2.png")


def test_a_run_from_s3_to_s3(do: Doer, bucket: str, tmp_path: Path) -> None:
    check_run(do, bucket, tmp_path)


def test_a_run_in_memory_goes_through_this_process(do: Doer, memory: str, tmp_path: Path) -> None:
    check_run(do, memory, tmp_path)


def test_globs_and_manifests_at_urls(do: Doer, memory: str, tmp_path: Path) -> None:
    put_photos(memory, tmp_path)
    storage.write(f"{memory}/in/list.csv", b"photo\nsub/1.png\n")
    by_glob = do(f"{memory}/in/**/*.png", out=tmp_path / "glob")
    assert sorted(Path(str(each.output)).name for each in by_glob) == [
        "0-obscure.png", "1-obscure.png", "2-obscure.png"
    ]  # fmt: skip
    (by_list,) = do(f"{memory}/in/list.csv", out=tmp_path / "list")
    assert by_list.output == str(tmp_path / "list" / "sub" / "1-obscure.png")


def test_what_is_not_there_is_said_in_a_line(memory: str) -> None:
    with pytest.raises(InputError, match="Nothing is at memory://shop/none"):
        list(storage.listed(f"{memory}/none"))
    with pytest.raises(PhotoError, match=r"There is no file memory://shop/none\.png"):
        storage.read(f"{memory}/none.png")
    with pytest.raises(InputError, match="no address"):
        storage.read("nonsense://a/b")


def test_an_object_that_cannot_be_written_is_an_output_error(bucket: str) -> None:
    with pytest.raises(OutputError, match=r"s3://no-such-bucket/a\.png cannot be written"):
        storage.write("s3://no-such-bucket/a.png", b"x")


def test_stamps_change_with_the_file(tmp_path: Path, memory: str) -> None:
    def stamps(place: str, write: Any) -> list[str]:
        found = []
        for content in (b"one", b"other", b"third"):
            write(content)
            found.append(storage.stamp(place))
        return found

    path = tmp_path / "a"
    for found in (
        stamps(str(path), path.write_bytes),
        stamps(f"{memory}/a", lambda content: storage.write(f"{memory}/a", content)),
    ):
        assert len(set(found)) == 3
    assert storage.stamp(str(tmp_path / "none")) == ""
