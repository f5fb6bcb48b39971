"""Models of transformers: loaded whole from this machine, or refused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

from autoedit.errors import BackendUnavailableError, OutOfMemoryError, WeightsError
from autoedit.models import device as devices
from autoedit.models.memory import is_out_of_memory
from autoedit.models.store import located


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Pretrained:
    """A model with what prepares its input.

    Attributes:
        processor: the model's processor of transformers.
        model: in evaluation mode, on the device.
        device: where it runs, and in which number format.
    """

    processor: Any
    model: Any
    device: devices.Device


_SHARED: WeakValueDictionary[tuple[str, ...], Pretrained] = WeakValueDictionary()


def load_pretrained(
    weights: str,
    model_class: str,
    model_types: tuple[str, ...],
    *,
    processor_class: str = "AutoProcessor",
    stage: str = "grounding",
    device: str | None,
    dtype: str | None,
) -> Pretrained:
    """Load a model and its processor by `from_pretrained`.

    Nothing is fetched, and no code that lies beside the weights is run. A tensor that a checkpoint
    lacks is an error; transformers alone would go on with random numbers in its place. A model that
    another stage still holds is given again: the planner and the detector may be one.

    Args:
        weights: a reference as `autoedit.models.store` reads it.
        model_class: of transformers, such as "AutoModelForZeroShotObjectDetection".
        model_types: what the checkpoint's configuration may call itself; empty for anything.
        processor_class: of transformers.
        stage: whose setting the advice about memory names.
        device, dtype: as `autoedit.models.device.resolve` takes them, but float32 when no dtype is
            given: in bfloat16 a box is off by up to 1/256 of the photo, and detectors are small.

    Raises:
        SettingError: for a device or dtype that is not there.
        WeightsError: for weights that are missing, damaged or of another model.
        BackendUnavailableError: when they need a library that is not installed.
        OutOfMemoryError: when the model does not fit.
    """
    import transformers

    path = located(weights)
    resolved = devices.resolve(device, dtype or "float32")
    wanted = (str(path), model_class, processor_class, resolved.name, resolved.dtype)
    shared = _SHARED.get(wanted)
    if shared is not None and (not model_types or shared.model.config.model_type in model_types):
        return shared
    options: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    with _mapped(path, resolved, stage):
        config = transformers.AutoConfig.from_pretrained(path, **options)
        if model_types and config.model_type not in model_types:
            raise WeightsError(
                f"The weights at {path} are of a {config.model_type!r} model; this back end takes "
                f"{' or '.join(model_types)}. Check the model in the pipeline."
            )
        processor = getattr(transformers, processor_class).from_pretrained(path, **options)
        model, told = getattr(transformers, model_class).from_pretrained(
            path, dtype=resolved.torch_dtype, output_loading_info=True, **options
        )
        if lacking := sorted(told["missing_keys"]):
            raise WeightsError(
                f"The weights at {path} are not whole: {len(lacking)} tensors are not there, the "
                f"first is {lacking[0]}. Pull them again, or check the path in the pipeline."
            )
        loaded = Pretrained(processor, model.to(resolved.name).eval(), resolved)
        _SHARED[wanted] = loaded
        return loaded


@contextmanager
def _mapped(path: Path, device: devices.Device, stage: str) -> Iterator[None]:
    """Quietly, and with transformers' many errors as ours."""
    from transformers.utils import logging

    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    except WeightsError:
        raise
    except ImportError as error:
        raise BackendUnavailableError(
            f"The weights at {path} need a library: {_line(error)}"
        ) from error
    except Exception as error:  # transformers and safetensors document no common base
        if is_out_of_memory(error):
            raise OutOfMemoryError(
                f"The weights at {path} do not fit into the memory of the {device.name}. Take a "
                f"smaller model, or --set {stage}.device=cpu."
            ) from error
        raise WeightsError(
            f"The weights at {path} cannot be loaded ({_line(error)}). Pull them again, or check "
            "the path in the pipeline."
        ) from error
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()


def _line(error: Exception) -> str:
    """The error's kind and message, on one line of moderate length."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"[:200]
