from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from autoedit.models import catalogue, lock
from autoedit.pipeline import available, load_pipeline
from tests.cli.fakes import Done
from tests.models import checkpoints
from tests.models.hub import COMMIT, Hub, running

Run = Callable[..., Done]


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub on this machine, and empty caches."""
    constants = pytest.importorskip("huggingface_hub.constants")
    with running() as server:
        template = server.url + "/{repo_id}/resolve/{revision}/{filename}"
        monkeypatch.setattr(constants, "ENDPOINT", server.url)
        monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
        monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
        monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "token"))
        monkeypatch.setenv("AUTOEDIT_CACHE", str(tmp_path / "autoedit"))
        for name in ("AUTOEDIT_LOCK", "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.chdir(tmp_path)
        yield server


@pytest.fixture
def pipeline(hub: Hub, tmp_path: Path) -> Path:
    """A pipeline of one's own that names weights of the hub and at an address."""
    hub.repositories["a/detector"] = checkpoints.model(1, 2)
    hub.files["/weights.pt"] = b"weights"
    content = {
        "name": "own",
        "planning": {"backend": "grammar"},
        "grounding": {"backend": "grounding_dino", "model": "a/detector"},
        "segmentation": {"backend": "grabcut"},
        "inpainting": {"backend": "lama", "model": f"{hub.url}/weights.pt"},
    }
    path = tmp_path / "own.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


def test_every_command_has_help_json_and_verbose(run: Run) -> None:
    for command in ("list", "pull", "where", "lock", "remove"):
        done = run("models", command, "--help")
        assert done.code == 0
        assert f"Usage: autoedit models {command} " in done.out
        assert "--json" in done.out
        assert "--verbose" in done.out


def test_what_pipelines_name_is_in_the_catalogue(hub: Hub, run: Run) -> None:
    named = {
        reference
        for name in available()
        for references in load_pipeline(name).references().values()
        for reference in references
        if not reference.startswith("/")
    }
    assert named
    assert named <= set(catalogue.entries())
    rows = json.loads(run("models", "list", "--json").out)
    assert named | set(catalogue.entries()) <= {row["reference"] for row in rows}
    for row in rows:
        if row["reference"] in named:
            assert row["licence"] and row["size"] and row["pipelines"]
            assert row["gated"] is not None


def test_a_pipeline_tells_the_licences_of_its_weights(hub: Hub, run: Run) -> None:
    for name in available():
        loaded = load_pipeline(name)
        for references in loaded.references().values():
            for reference in references:
                entry = catalogue.find(reference)
                if entry is None:
                    continue
                assert str(entry.licence) in loaded.licence
                assert loaded.memory
                if entry.gated:
                    assert str(entry.page).rstrip("/") in loaded.licence
                    assert "gated" in loaded.summary


def test_list_tells_what_is_here(pipeline: Path, hub: Hub, run: Run) -> None:
    table = run("models", "list").out
    for words in ("facebook/sam3", "about 689 MB", "SAM License", "not known", "flux, standard"):
        assert words in table
    rows = json.loads(run("models", "list", "-p", pipeline, "--json").out)
    assert [row["reference"] for row in rows] == ["a/detector", f"{hub.url}/weights.pt"]
    assert not any(row["here"] for row in rows)
    assert run("models", "pull", "a/detector").code == 0
    rows = json.loads(run("models", "list", "-p", pipeline, "--json").out)
    assert [row["here"] for row in rows] == [True, False]
    assert rows[0]["pipelines"] == [str(pipeline)]


def test_pull_where_lock_and_remove(pipeline: Path, hub: Hub, run: Run, tmp_path: Path) -> None:
    address = f"{hub.url}/weights.pt"
    done = run("models", "pull", pipeline, "a/detector", "--json")
    assert done.code == 0, done.err
    assert done.err.splitlines() == ["Fetching a/detector", f"Fetching {address}"]
    paths = json.loads(done.out)
    assert list(paths) == ["a/detector", address]
    assert Path(paths[address]).read_bytes() == b"weights"
    assert run("models", "where", "a/detector").out.strip() == paths["a/detector"]

    done = run("models", "lock", "-p", pipeline)
    assert done.out == "autoedit.lock.yaml\n"
    locked = lock.current()
    assert locked is not None
    assert locked.weights["a/detector"].commit == COMMIT
    assert set(locked.weights) == {"a/detector", address}
    assert run("models", "lock", "-p", pipeline, "-o", tmp_path / "no" / "lock").code == 1

    refused = run("models", "remove", address)
    assert refused.code == 2
    assert "give --yes" in refused.err
    assert run("models", "remove", address, "--yes").out == f"Removed {address}: 7 bytes free.\n"
    assert run("models", "where", address).code == 1
    assert run("models", "remove", str(tmp_path), "--yes").code == 2


def test_an_error_is_one_line_with_the_command_that_helps(hub: Hub, run: Run) -> None:
    hub.repositories["a/b"] = checkpoints.model(1)
    hub.gated.add("a/b")
    done = run("models", "pull", "a/b")
    assert done.code == 1
    fetching, line = done.err.splitlines()
    assert fetching == "Fetching a/b"
    assert line.startswith("autoedit: error: The weights a/b are gated. Accept their terms on")
    assert line.endswith("hf auth login")
    done = run("models", "pull", "a/c", "--offline", "--json")
    assert json.loads(done.out)["error"]["type"] == "WeightsError"
    assert done.err == ""
    assert run("models", "pull", "nonsense").code == 2


def test_there_is_nothing_to_lock_without_weights(hub: Hub, run: Run) -> None:
    done = run("models", "lock")
    assert done.code == 2
    assert "autoedit models pull" in done.err
