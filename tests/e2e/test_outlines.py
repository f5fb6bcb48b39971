"""The example scenes: the right thing is found from its instruction and outlined well."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from autoedit.core.mask import Mask
from autoedit.core.photo import Photo
from autoedit.grounding.attributes import AttributeGrounder
from autoedit.planning.grammar import GrammarPlanner
from autoedit.segmentation import Prompt
from autoedit.segmentation.grabcut import GrabCutSegmenter
from tests.drawing import overlap

EXAMPLES = Path(__file__).parents[2] / "examples"


def outlined(scene):
    pixels = np.asarray(Image.open(EXAMPLES / scene["photo"]).convert("RGB"))
    truth = np.asarray(Image.open(EXAMPLES / scene["mask"]).convert("L")) > 127
    photo = Photo(pixels)
    target = GrammarPlanner().plan(scene["instruction"]).steps[0].target
    regions = AttributeGrounder().prepare(photo).find(target)
    assert not regions.ambiguous, scene["name"]
    segmentation = GrabCutSegmenter().prepare(photo)
    mask = Mask.of(np.zeros(photo.shape, bool))
    for region in regions:
        mask = mask | segmentation.outline(Prompt(mask=region.mask))
    return overlap(mask.binary, truth)


def test_every_scene_of_the_examples():
    lines = EXAMPLES / "scenes.jsonl"
    if not lines.is_file():
        pytest.skip("no examples")
    scenes = [json.loads(line) for line in lines.read_text().splitlines()]
    scores = {scene["name"]: outlined(scene) for scene in scenes}

    assert len(scores) >= 12
    assert min(scores.values()) >= 0.75, scores
    assert np.mean(list(scores.values())) >= 0.90, scores
