import hashlib
from pathlib import Path

import pytest

from autoedit.errors import OutputError, SettingError, WeightsError
from autoedit.models import lock, store
from tests.models import checkpoints
from tests.models.hub import COMMIT

ADDRESS = "https://host/dir/weights.pt"


def fetched(content: bytes) -> Path:
    path = store.url_path(store.parse(ADDRESS))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_a_lock_holds_the_checksum_of_each_file_of_weights(caches: Path) -> None:
    folder = checkpoints.write(checkpoints.pipeline(), caches / "snapshots" / COMMIT)
    single = fetched(b"weights")
    locked = lock.record([("a/b", folder), (ADDRESS, single)])
    name = "unet/diffusion_pytorch_model.safetensors"
    assert locked.weights["a/b"].commit == COMMIT
    assert locked.weights["a/b"].files == {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
    }
    assert locked.weights[ADDRESS].commit is None
    assert locked.weights[ADDRESS].files == {"weights.pt": hashlib.sha256(b"weights").hexdigest()}
    lock.write(locked, caches / lock.NAME)
    assert lock.current() == locked
    assert lock.commit_of("a/b") == COMMIT
    assert lock.commit_of("a/c") is None


def test_a_fetched_file_that_is_not_the_locked_one_is_refused(caches: Path) -> None:
    lock.write(lock.record([(ADDRESS, fetched(b"weights"))]), caches / lock.NAME)
    assert store.located(ADDRESS).read_bytes() == b"weights"
    fetched(b"others!")
    with pytest.raises(WeightsError, match="not those of the lock file"):
        store.located(ADDRESS)


def test_a_blob_that_is_not_what_its_name_says_is_damaged(caches: Path) -> None:
    blob = caches / hashlib.sha256(b"published").hexdigest()
    blob.write_bytes(b"rotten")
    link = caches / "model.safetensors"
    link.symlink_to(blob)
    with pytest.raises(WeightsError, match="damaged"):
        lock.record([("a/b:model.safetensors", link)])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[", "not valid YAML"),
        ("{}", "weights"),
        ("version: 2\nweights: {}", "version"),
        ("weights: {a/b: {files: {x: short}}}", "files"),
        ("weights: {a/b: {commit: main, files: {}}}", "commit"),
    ],
)
def test_a_lock_that_is_none_is_refused(text: str, says: str, caches: Path) -> None:
    (caches / lock.NAME).write_text(text)
    with pytest.raises(SettingError, match=says):
        lock.current()


def test_a_lock_that_is_named_must_be_there(caches: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert lock.current() is None
    monkeypatch.setenv("AUTOEDIT_LOCK", str(caches / "missing.yaml"))
    with pytest.raises(SettingError, match=r"\$AUTOEDIT_LOCK"):
        lock.current()
    with pytest.raises(OutputError, match="cannot be written"):
        lock.write(lock.Lock(weights={}), caches / "missing" / "lock.yaml")
