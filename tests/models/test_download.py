import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from autoedit.errors import CancelledError, WeightsError
from autoedit.models import catalogue, download, removal, store
from tests.models import checkpoints
from tests.models.hub import COMMIT, Hub

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Retries without waiting, and small pieces, so that something arrives before a cut."""
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 1000)
    monkeypatch.setattr("huggingface_hub.file_download.time.sleep", lambda _: None)


def test_a_checkpoint_is_fetched_with_one_set_of_weights(hub: Hub) -> None:
    hub.repositories["a/b"] = checkpoints.model(1, 2, 3) | {
        "pytorch_model.bin": b"pickled", "modeling.py": b"code", "LICENSE": b"terms",
    }  # fmt: skip
    told: list[tuple[str, float]] = []
    path = download.pull("a/b", lambda stage, fraction: told.append((stage, fraction)))
    assert sorted(file.name for file in path.iterdir()) == [
        "LICENSE", "config.json", "model.safetensors",
    ]  # fmt: skip
    assert (path / "model.safetensors").read_bytes() == checkpoints.safetensors(1, 2, 3)
    assert told[-1] == ("download", 1.0)
    assert all(stage == "download" and 0 <= fraction <= 1 for stage, fraction in told)
    assert len({fraction for _, fraction in told}) > 1
    before = len(hub.fetched())
    assert download.pull("a/b") == path == store.located("a/b")
    assert len(hub.fetched()) == before, "what is here is not fetched again"


def test_a_diffusers_pipeline_is_fetched_without_its_single_file(hub: Hub) -> None:
    whole = checkpoints.pipeline(".fp16") | {"unet/diffusion_pytorch_model.bin": b"pickled"}
    hub.repositories["a/b"] = whole | {"everything.safetensors": checkpoints.safetensors(1)}
    path = download.pull("a/b")
    names = {str(file.relative_to(path)) for file in path.rglob("*") if file.is_file()}
    assert names == set(checkpoints.pipeline(".fp16"))


def test_one_file_of_a_repository_is_fetched_alone(hub: Hub) -> None:
    hub.repositories["a/b"] = {"dir/one.safetensors": checkpoints.safetensors(1), "two.bin": b"2"}
    path = download.pull("a/b:dir/one.safetensors")
    assert path.read_bytes() == checkpoints.safetensors(1)
    assert not [name for name in hub.fetched() if "two.bin" in name]
    with pytest.raises(WeightsError, match=r"a/b has no file 'three.bin'; see .*/a/b/tree/main"):
        download.pull("a/b:three.bin")


def test_what_is_missing_of_a_snapshot_is_fetched(hub: Hub) -> None:
    hub.repositories["a/b"] = checkpoints.sharded(
        checkpoints.safetensors(1), checkpoints.safetensors(2)
    )
    path = download.pull("a/b")
    (path / "model-00002-of-00002.safetensors").resolve().unlink()
    (path / "model-00002-of-00002.safetensors").unlink()
    assert not store.is_here("a/b")
    hub.seen.clear()
    assert download.ensure("a/b") == path
    assert [name.rpartition("/")[2] for name in hub.fetched()] == [
        "model-00002-of-00002.safetensors"
    ]


def test_a_cut_transfer_from_the_hub_goes_on_where_it_stopped(hub: Hub, quick: None) -> None:
    hub.repositories["a/b"] = checkpoints.model(*range(5000))
    whole = checkpoints.safetensors(*range(5000))
    hub.cut_after[f"/a/b/resolve/{COMMIT}/model.safetensors"] = 7000
    path = download.pull("a/b")
    assert (path / "model.safetensors").read_bytes() == whole
    ranges = [asked for _, name, asked in hub.seen if name.endswith("model.safetensors") and asked]
    assert ranges == ["bytes=7000-"]


def test_a_missing_repository_is_named(hub: Hub) -> None:
    with pytest.raises(WeightsError, match=r"hub has no weights called 'a/b'.*hf auth login"):
        download.pull("a/b")
    hub.repositories["a/b"] = checkpoints.model(1)
    with pytest.raises(WeightsError, match="a/b has no revision 'v9'"):
        download.pull("a/b@v9")


def test_gated_weights_say_where_to_accept_their_terms(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.repositories["a/b"] = checkpoints.model(1)
    hub.gated.add("a/b")
    with pytest.raises(
        WeightsError, match=rf"gated\. Accept their terms on {hub.url}/a/b, .*: hf auth login$"
    ):
        download.pull("a/b")
    monkeypatch.setenv("HF_TOKEN", hub.token)
    assert download.pull("a/b").is_dir()


def test_without_a_network_the_error_says_so(monkeypatch: pytest.MonkeyPatch, quick: None) -> None:
    from huggingface_hub import constants

    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{port}")
    for text in ("a/b", f"http://127.0.0.1:{port}/weights.pt"):
        with pytest.raises(WeightsError, match=rf"network failed while fetching {text} .*pull"):
            download.pull(text)


def test_offline_gives_what_is_here_and_asks_nobody(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    hub.repositories["a/b"] = checkpoints.model(1)
    for reference in ("a/b", f"{hub.url}/weights.pt"):
        with pytest.raises(WeightsError, match=r"--offline was given\. With a network, run"):
            download.pull(reference, offline=True)
    assert not hub.seen
    path = download.pull("a/b")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    hub.seen.clear()
    assert download.pull("a/b") == path
    with pytest.raises(WeightsError, match="HF_HUB_OFFLINE is set"):
        download.pull("a/c")
    assert not hub.seen


def test_a_full_disk_is_noticed_before_anything_is_fetched(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.repositories["a/b"] = checkpoints.model(*range(1000))
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(9000, 8000, 1000))
    with pytest.raises(WeightsError, match=r"no room.*4\.\d+ kB are needed and 1 kB are free"):
        download.pull("a/b")
    assert not hub.fetched()
    known = "https://dl.fbaipublicfiles.com/segment_anything/sam_vit_b_01ec64.pth"
    with pytest.raises(WeightsError, match=r"375 MB are needed.*AUTOEDIT_CACHE"):
        download.pull(known)


def test_a_disk_that_fills_up_is_explained(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", "/cache")

    hub.files["/weights.pt"] = b"weights"
    monkeypatch.setattr("huggingface_hub.file_download.http_get", full)
    with pytest.raises(WeightsError, match=r"no room for the weights .* in /cache"):
        download.pull(f"{hub.url}/weights.pt")


def test_cancelling_stops_a_download(hub: Hub) -> None:
    hub.files["/weights.pt"] = bytes(1000)
    hub.repositories["a/b"] = checkpoints.model(*range(1000))
    for reference in (f"{hub.url}/weights.pt", "a/b"):
        with pytest.raises(CancelledError):
            download.pull(reference, lambda *_: False)
        assert not store.is_here(reference)


def test_a_file_at_an_address_goes_on_where_an_earlier_attempt_stopped(hub: Hub) -> None:
    content = os.urandom(9000)
    name = f"/dir/sam_vit_b_{hashlib.md5(content).hexdigest()[:6]}.pth"
    hub.files[name] = content
    address = hub.url + name
    with pytest.raises(CancelledError):
        download.pull(address, lambda *_: False)
    partial = store.url_path(store.parse(address)).with_name(Path(name).name + ".part")
    partial.write_bytes(content[:4000])
    path = download.pull(address)
    assert path.read_bytes() == content
    assert hub.seen[-1][2] == "bytes=4000-"
    assert not partial.exists()
    hub.seen.clear()
    assert download.pull(address) == path
    assert not hub.seen


@pytest.mark.parametrize("deaf", [False, True])
def test_a_cut_transfer_from_an_address_goes_on(hub: Hub, quick: None, deaf: bool) -> None:
    hub.files["/weights.pt"] = os.urandom(9000)
    hub.cut_after["/weights.pt"] = 4000
    hub.deaf_to_ranges = deaf
    path = download.pull(f"{hub.url}/weights.pt")
    assert path.read_bytes() == hub.files["/weights.pt"]
    assert [asked for *_, asked in hub.seen] == [None, "bytes=4000-"]


def test_a_beginning_that_is_longer_than_the_file_is_thrown_away(hub: Hub) -> None:
    hub.files["/weights.pt"] = b"weights"
    address = f"{hub.url}/weights.pt"
    path = store.url_path(store.parse(address))
    path.parent.mkdir(parents=True)
    store.source_note(path).write_text(address)
    path.with_name("weights.pt.part").write_bytes(bytes(50))
    assert download.pull(address).read_bytes() == b"weights"


def test_a_file_that_is_not_what_its_name_says_is_thrown_away(hub: Hub) -> None:
    hub.files["/sam_vit_b_01ec64.pth"] = b"something else"
    address = f"{hub.url}/sam_vit_b_01ec64.pth"
    with pytest.raises(WeightsError, match=r"arrived damaged.*Run again: autoedit models pull"):
        download.pull(address)
    assert not store.is_here(address)
    assert not store.url_path(store.parse(address)).exists()


def test_a_file_is_checked_against_the_published_checksum(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"{hub.url}/big-lama.pt"
    hub.files["/big-lama.pt"] = b"weights"
    known = next(entry for name, entry in catalogue.entries().items() if "big-lama" in name)
    right = hashlib.sha256(b"weights").hexdigest()
    for sha256, fits in ((known.sha256, False), (right, True)):
        entry = known.model_copy(update={"sha256": sha256, "size": 7})
        monkeypatch.setattr(catalogue, "entries", lambda entry=entry: {address: entry})
        if fits:
            assert download.pull(address).read_bytes() == b"weights"
        else:
            with pytest.raises(WeightsError, match="damaged"):
                download.pull(address)


def test_two_addresses_with_one_file_name_are_not_mixed_up(hub: Hub) -> None:
    hub.files = {"/a/weights.pt": b"first", "/b/weights.pt": b"second"}
    first, second = (f"{hub.url}/{folder}/weights.pt" for folder in "ab")
    download.pull(first)
    for refused in (store.located, download.pull):
        with pytest.raises(WeightsError, match=rf"came from {first}.*models remove {first}"):
            refused(second)
    assert removal.remove(first) == len(b"first")
    assert download.pull(second).read_bytes() == b"second"


def test_an_address_without_a_file_is_explained(hub: Hub) -> None:
    with pytest.raises(WeightsError, match="There is no file http"):
        download.pull(f"{hub.url}/missing.pt")
    hub.gated.add("a/b")
    hub.repositories["a/b"] = {"weights.pt": b"weights"}
    with pytest.raises(WeightsError, match=r"server refused http.* \(403\)"):
        download.pull(f"{hub.url}/a/b/resolve/main/weights.pt")


def test_removing_gives_the_room_back(hub: Hub) -> None:
    hub.repositories["a/b"] = checkpoints.model(1, 2)
    path = download.pull("a/b")
    size = sum(len(content) for content in hub.repositories["a/b"].values())
    assert removal.remove("a/b") == size
    assert not path.exists()
    with pytest.raises(WeightsError, match="nothing of a/b"):
        removal.remove("a/b")


def test_the_environment_of_the_hub_counts(hub: Hub, caches: Path) -> None:
    """In a process of its own, as huggingface_hub reads most of it when it is imported."""
    hub.repositories["a/b"] = checkpoints.model(1)
    hub.gated.add("a/b")
    keep = {name: value for name, value in os.environ.items() if not name.startswith("HF_")}
    given = {"HF_ENDPOINT": hub.url, "HF_HOME": str(caches / "home"), "HF_TOKEN": hub.token}

    def run(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "autoedit", "models", *words], env=keep | given | more,
            capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2],
        )  # fmt: skip

    done = run("pull", "a/b", "--json")
    assert done.returncode == 0, done.stderr
    (path,) = json.loads(done.stdout).values()
    assert Path(path).is_relative_to(caches / "home" / "hub")
    assert run("where", "a/b", HF_HUB_OFFLINE="1").stdout.strip() == path
