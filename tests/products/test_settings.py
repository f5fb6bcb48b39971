from pathlib import Path

import pytest
from pydantic import ValidationError

from autoedit.errors import SettingError
from autoedit.pipeline import available, load_pipeline
from autoedit.products.settings import ProductSettings

PRODUCTS = [name for name in available() if name.startswith("product")]


@pytest.mark.parametrize("name", PRODUCTS)
def test_a_product_pipeline_extends_the_neutral_one(name: str) -> None:
    pipeline = load_pipeline(name)
    assert pipeline.name == name
    assert pipeline.product is not None
    assert pipeline.product.rules.exact_background and pipeline.product.rules.srgb
    assert not pipeline.missing()


def test_there_is_one_for_each_market() -> None:
    markets = {"amazon", "ebay", "etsy", "google", "shopify", "walmart"}
    assert set(PRODUCTS) == {"product", *(f"product-{market}" for market in markets)}


def test_a_section_is_merged_key_by_key_and_overrides_win() -> None:
    pipeline = load_pipeline("product-amazon", ("product.share=0.9",))
    assert pipeline.product is not None
    assert pipeline.product.share == 0.9
    assert pipeline.product.quality == 95  # of `product`
    assert pipeline.product.rules.share_minimum == 0.85  # of its own


def test_another_back_end_does_not_inherit_the_settings_of_the_first(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("extends: standard\nname: mine\ngrounding: {backend: attributes}\n")
    assert load_pipeline(path).grounding.settings == {}
    assert load_pipeline(path).inpainting == load_pipeline("standard").inpainting


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"a": "extends: nothing-like-it\nname: a\n"}, "does not exist"),
        ({"a": "extends: b\nname: a\n", "b": "extends: a\nname: b\n"}, "extends it in turn"),
        ({"a": "extends: a\nname: a\n"}, "extends it in turn"),
        ({"a": "extends: product\nname: a\nproduct: {rules: {shiny: 1}}\n"}, "product.rules.shiny"),
        ({"a": "extends: product\nname: a\nproduct: {glow: 1}\n"}, "product.glow"),
        ({"a": "extends: product\nname: a\nproduct: {background: keep}\n"}, "canvas: keep"),
    ],
)
def test_what_is_wrong_in_a_file_is_said(tmp_path: Path, files: dict[str, str], words: str) -> None:
    for name, text in files.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    with pytest.raises(SettingError, match=words):
        load_pipeline(tmp_path / "a.yaml")


@pytest.mark.parametrize(
    "wrong",
    [
        {"quality": 80, "quality_minimum": 90},
        {"longest_minimum": 100, "longest_maximum": 50},
        {"share": 0},
        {"canvas": [0, 10]},
        {"format": "PSD"},
    ],
)
def test_settings_that_cannot_be_met_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ProductSettings.model_validate(wrong)
