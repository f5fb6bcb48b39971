import hashlib
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autoedit.errors import SettingError, WeightsError
from autoedit.models import digests, lock, store
from tests.models import checkpoints
from tests.models.hub import COMMIT

REPO = "owner/name"
NAME = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9_]*[A-Za-z0-9])?", fullmatch=True)


def cached(files: dict[str, bytes], directory: Path, *, branch: str = "main") -> Path:
    """A snapshot as huggingface_hub lays it out: names that link to blobs by their SHA-256."""
    home = directory / "hub" / "models--owner--name"
    snapshot = home / "snapshots" / COMMIT
    for name, content in files.items():
        blob = home / "blobs" / hashlib.sha256(content).hexdigest()
        blob.parent.mkdir(parents=True, exist_ok=True)
        blob.write_bytes(content)
        link = snapshot / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(blob)
    if branch:
        (home / "refs").mkdir()
        (home / "refs" / branch).write_text(COMMIT)
    return snapshot


@settings(deadline=None)
@given(NAME, NAME, st.none() | st.from_regex(r"[a-z0-9/]+", fullmatch=True), st.none() | NAME)
def test_a_hub_reference_is_read_as_it_is_written(
    owner: str, name: str, revision: str | None, file: str | None
) -> None:
    text = f"{owner}/{name}" + (f"@{revision}" if revision else "") + (f":{file}" if file else "")
    reference = store.parse(text)
    assert (reference.kind, reference.repo) == ("hub", f"{owner}/{name}")
    assert (reference.revision, reference.file) == (revision, file)


@pytest.mark.parametrize(
    ("text", "kind", "file"),
    [
        ("https://host/dir/sam%20b.pth?download=1", "url", "sam b.pth"),
        ("./weights", "path", None),
        ("~/weights", "path", None),
        ("/weights", "path", None),
        ("C:\\weights", "path", None),
    ],
)
def test_paths_and_addresses_are_told_apart(text: str, kind: str, file: str | None) -> None:
    reference = store.parse(text)
    assert (reference.kind, reference.file) == (kind, file)


@pytest.mark.parametrize(
    "text", ["", "name", "a/b/c", "a/", "/b@x:", "a b/c", "a--b/c", "a/b:../../c", "https://host/"]
)
def test_what_names_no_weights_is_refused(text: str) -> None:
    if text.startswith("/"):
        with pytest.raises(WeightsError, match="no weights at"):
            store.located(text)
    else:
        with pytest.raises(SettingError, match="names no"):
            store.parse(text)


def test_a_path_is_taken_as_it_is(caches: Path) -> None:
    assert store.located(str(caches)) == caches
    with pytest.raises(WeightsError, match="no weights at"):
        store.located(str(caches / "missing"))


def test_missing_weights_say_which_command_fetches_them_and_how_large_they_are() -> None:
    with pytest.raises(WeightsError, match=r"on this machine\. Run: autoedit models pull a/b$"):
        store.located("a/b")
    known = "https://dl.fbaipublicfiles.com/segment_anything/sam_vit_b_01ec64.pth"
    with pytest.raises(WeightsError, match=r"\(375 MB\).*autoedit models pull https://dl"):
        store.located(known)
    assert not store.is_here("a/b")


def test_a_snapshot_is_found_by_branch_and_by_commit(caches: Path) -> None:
    snapshot = cached(checkpoints.model(1, 2), caches)
    assert store.located(REPO) == snapshot
    assert store.located(f"{REPO}@{COMMIT}") == snapshot
    assert store.located(f"{REPO}:config.json") == snapshot / "config.json"
    for other in (f"{REPO}@v2", f"{REPO}:other.json", f"{REPO}@{'f' * 40}"):
        assert not store.is_here(other)


def test_a_snapshot_of_a_commit_needs_no_branch(caches: Path) -> None:
    snapshot = cached(checkpoints.model(1), caches, branch="")
    assert not store.is_here(REPO)
    assert store.located(f"{REPO}@{COMMIT}") == snapshot


@pytest.mark.parametrize(
    ("files", "dropped", "lacks"),
    [
        (checkpoints.model(1), "model.safetensors", "any file of weights"),
        (
            checkpoints.sharded(checkpoints.safetensors(1), checkpoints.safetensors(2)),
            "model-00002-of-00002.safetensors",
            "model-00002-of-00002.safetensors",
        ),
        (checkpoints.pipeline(), "scheduler/scheduler_config.json", "the directory scheduler"),
        (
            checkpoints.pipeline(),
            "unet/diffusion_pytorch_model.safetensors",
            "unet/any file of weights",
        ),
    ],
)
def test_what_an_index_names_must_be_there(
    files: dict[str, bytes], dropped: str, lacks: str, caches: Path
) -> None:
    whole = checkpoints.write(files, caches / "whole")
    assert store.completeness.missing_part(whole) is None
    cached({name: content for name, content in files.items() if name != dropped}, caches)
    with pytest.raises(WeightsError, match=f"incomplete: .* lacks {lacks}.* pull {REPO}$"):
        store.located(REPO)


def test_a_dangling_link_is_missing(caches: Path) -> None:
    snapshot = cached(checkpoints.model(1), caches)
    (snapshot / "model.safetensors").resolve().unlink()
    with pytest.raises(WeightsError, match="incomplete"):
        store.located(REPO)


@settings(deadline=None, max_examples=50)
@given(st.lists(st.floats(width=32), min_size=1, max_size=9), st.data())
def test_a_cut_safetensors_file_is_noticed(values: list[float], data: st.DataObject) -> None:
    from tempfile import TemporaryDirectory

    content = checkpoints.safetensors(*values)
    cut = data.draw(st.integers(0, len(content) - 1))
    with TemporaryDirectory() as name:
        folder = checkpoints.write(checkpoints.model(*values), Path(name))
        assert store.completeness.missing_part(folder) is None
        (folder / "model.safetensors").write_bytes(content[:cut])
        assert "cut off" in str(store.completeness.missing_part(folder))


def test_a_safety_checker_may_be_left_out(caches: Path) -> None:
    files = checkpoints.pipeline()
    index = files["model_index.json"].replace(b"[null, null]", b'["stable_diffusion", "Checker"]')
    assert index != files["model_index.json"]
    whole = checkpoints.write(files | {"model_index.json": index}, caches / "whole")
    assert store.completeness.missing_part(whole) is None


def test_one_whole_set_of_weights_is_enough(caches: Path) -> None:
    half = checkpoints.pipeline(".fp16") | {"unet/diffusion_pytorch_model.bin.index.json": b"{}"}
    assert store.completeness.missing_part(checkpoints.write(half, caches / "half")) is None


@pytest.mark.parametrize("algorithm", ["md5", "sha256"])
def test_the_hash_in_an_official_name_is_verified(algorithm: str, caches: Path) -> None:
    content = b"weights of segment anything"
    prefix = hashlib.new(algorithm, content).hexdigest()[:6]
    path = caches / f"sam_vit_b_{prefix}.pth"
    path.write_bytes(content)
    assert store.located(str(path)) == path
    path.write_bytes(content + b"!")
    with pytest.raises(WeightsError, match=f"damaged.*{prefix}"):
        store.located(str(path))
    other = path.rename(caches / "sam_shapes_202401.pth")
    assert store.located(str(other)) == other


def test_the_published_checksums_agree_with_the_official_names() -> None:
    """The last part of Segment Anything's names is an MD5, so it differs from the SHA-256."""
    found = [name for name in store.catalogue.entries() if "sam_vit" in name]
    assert len(found) == 3
    for name in found:
        match = re.search(r"_([0-9a-f]{6})\.pth$", name)
        entry = store.catalogue.entries()[name]
        assert match and entry.sha256 and not entry.sha256.startswith(match[1])


def test_a_file_is_hashed_once_until_it_changes(
    caches: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = caches / "weights.pth"
    path.write_bytes(b"first")
    read: list[Path] = []
    hashed = digests._hashed
    monkeypatch.setattr(digests, "_hashed", lambda file: (read.append(file), hashed(file))[1])
    first = digests.digests_of(path)
    assert digests.digests_of(path) == first
    assert first.sha256 == hashlib.sha256(b"first").hexdigest()
    assert first.md5 == hashlib.md5(b"first").hexdigest()
    assert len(read) == 1
    path.write_bytes(b"second")
    assert digests.digests_of(path).sha256 == hashlib.sha256(b"second").hexdigest()
    (caches / "autoedit" / "digests.json").write_text("no json")
    assert digests.digests_of(path).md5 == hashlib.md5(b"second").hexdigest()


def test_the_lock_decides_which_commit_is_used(
    caches: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = cached(checkpoints.model(1), caches, branch="")
    assert not store.is_here(REPO)
    written = lock.record([(REPO, snapshot)])
    lock.write(written, caches / lock.NAME)
    assert store.located(REPO) == snapshot
    (caches / lock.NAME).rename(caches / "other.yaml")
    assert not store.is_here(REPO)
    monkeypatch.setenv("AUTOEDIT_LOCK", str(caches / "other.yaml"))
    assert store.located(REPO) == snapshot
    assert store.revision_of(store.parse(f"{REPO}@v1")) == "v1"
