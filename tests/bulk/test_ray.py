"""The Ray engine on a cluster of several nodes, one of which is killed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autoedit.bulk import Batch, Settings
from autoedit.bulk.ledger import Ledger
from autoedit.bulk.ray_engine import resources
from autoedit.pipeline import load_pipeline
from tests.bulk import drill

PHOTOS = 24
pytestmark = pytest.mark.filterwarnings("ignore")  # Ray's own


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ray")


@pytest.fixture(scope="module")
def cluster(folder: Path) -> Iterator[Any]:
    """A head that does no work, and two nodes of a core each that do."""
    pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    with pytest.MonkeyPatch.context() as patch:
        drill.register(patch)
        patch.setenv("RAY_worker_niceness", "0")  # else other programs go first
        made = Cluster(initialize_head=True, head_node_args={"num_cpus": 0})
        made.nodes = [made.add_node(num_cpus=1) for _ in range(2)]  # pyright: ignore[reportAttributeAccessIssue]
        made.wait_for_nodes()
        yield made
        made.shutdown()


def hashes(out: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in out.glob("*.png")
    }  # fmt: skip


@pytest.mark.skipif(os.name != "posix", reason="Ray's test cluster")
def test_a_node_killed_in_mid_run_loses_nothing_and_does_nothing_twice(
    folder: Path, cluster: Any
) -> None:
    photos = folder / "photos"
    for number in range(PHOTOS):
        drill.write_photo(photos / f"{number:02}.png", number)
    drill.write_photo(photos / "crash.png", first=drill.SEGFAULT)
    pipeline = drill.write_pipeline(folder / "drill.yaml", seconds=0.1)
    done: dict[str, list[Any]] = {}
    for engine, address in (("local", None), ("ray", cluster.address)):
        settings = Settings(
            str(folder / engine), drill.INSTRUCTION, str(pipeline), workers=2,
            engine=engine, address=address, timeout=60.0,
        )  # fmt: skip
        done[engine] = []
        with Batch(photos, settings) as batch:
            batch.prepare()
            for result in batch.results():
                if result is None:
                    continue
                done[engine].append(result)
                if engine == "ray" and len(done[engine]) == 6:
                    cluster.remove_node(cluster.nodes[0], allow_graceful=False)
                    cluster.nodes[0] = cluster.add_node(num_cpus=1)

    names = [Path(result.photo).name for result in done["ray"]]
    assert len(names) == len(set(names)) == PHOTOS + 1
    states = {Path(result.photo).name: result.state for result in done["ray"]}
    assert states.pop("crash.png") == "failed"
    assert set(states.values()) == {"done"}
    assert len(hashes(folder / "ray")) == PHOTOS
    assert hashes(folder / "ray") == hashes(folder / "local")
    ledger = Ledger(folder / "ray" / ".autoedit" / "ledger.sqlite", read_only=True)
    counts = ledger.counts()
    ledger.close()
    assert (counts.states["done"], counts.states["failed"], counts.total) == (24, 1, 25)


def test_an_actor_asks_for_what_its_pipeline_says() -> None:
    embedded, toy = load_pipeline("embedded"), load_pipeline("shapeworld")
    assert resources([embedded], 2, gpus=True) == {"num_cpus": 2}
    assert resources([embedded, toy], 1, gpus=False) == {"num_cpus": 1, "memory": 2**30}
    standard = load_pipeline("standard")
    assert resources([standard], 1, gpus=False) == {"num_cpus": 1, "memory": 12 * 2**30}
    assert resources([toy], 1, gpus=True) == {"num_cpus": 1, "num_gpus": 1}
