"""Pruned networks for other programs: an ONNX model, and its answers from ONNX Runtime.

The packages onnx and onnxruntime are the extra ``onnx``; they are imported only when a function here is called.
"""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch

from .._version import __version__
from ..architecture import CLASSES, IMAGE_SIZE, NODES_PER_MAP, POOL
from ..data.dataset import as_images
from ..fast.network import EVALUATION_BATCH
from ..paths import file_path, replacing, user_path

if TYPE_CHECKING:
    from .pruned import Pruned

OPSET, IR_VERSION = 17, 8  # of 2022: what is read everywhere; the few operations here have not changed since
INPUT: Final = "images"
OUTPUT: Final = "scores"


def write_onnx(pruned: Pruned, path: str | os.PathLike[str]) -> Path:
    """Write a network as an ONNX model, whole or not at all.

    The model takes ``images``, uint8 of shape (N, 28, 28) for any N, and gives ``scores``, float32 of shape (N, 10),
    before softmax: what `Pruned.predict` does. It computes in float32 whatever the network was trained in.

    Parameters
    ----------
    pruned : Pruned
    path : path
        ``.onnx`` is added where it is missing; folders are made. The path that was written is returned.

    Raises
    ------
    ImportError
        If the package onnx is not installed, saying how to install it.
    IsADirectoryError
        If ``path`` is a folder.

    Examples
    --------
    >>> import tempfile
    >>> from sl1lib import RunConfig, prune, train
    >>> run = train(RunConfig(data="digits", n_train=100, epochs=1), progress=False)
    >>> pruned, images = prune(run, count=100, latency=False), np.zeros((3, 28, 28), np.uint8)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     scores = run_onnx(write_onnx(pruned, Path(folder) / "small"), images)
    >>> bool(np.allclose(scores, pruned.predict(images), atol=1e-5))
    True
    """
    path = onnx_path(path)
    content = onnx_model(pruned).SerializeToString()
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as part:
        part.write_bytes(content)
    return path


def onnx_path(path: str | os.PathLike[str]) -> Path:
    """Return where `write_onnx` writes."""
    return file_path(path, ".onnx", "small.onnx")


def run_onnx(path: str | os.PathLike[str], images: np.ndarray) -> np.ndarray:
    """Let ONNX Runtime answer with a model that `write_onnx` wrote.

    Parameters
    ----------
    path : path
    images : ndarray of uint8, shape (N, 28, 28)

    Returns
    -------
    ndarray of float32, shape (N, 10)
        The scores of the ten classes, before softmax.

    Raises
    ------
    ImportError
        If the package onnxruntime is not installed, saying how to install it.
    DataError
        For images of another shape or dtype.
    """
    runtime = require("onnxruntime")
    images = np.ascontiguousarray(as_images("images", images))
    settings = runtime.SessionOptions()
    settings.intra_op_num_threads = torch.get_num_threads()
    model = user_path("path", path).read_bytes()
    session = runtime.InferenceSession(model, settings, providers=["CPUExecutionProvider"])
    parts = range(0, len(images), EVALUATION_BATCH)
    return np.concatenate(
        [session.run([OUTPUT], {INPUT: images[first : first + EVALUATION_BATCH]})[0] for first in parts]
    )


def require(package: str) -> Any:
    """Import an optional package, or say how to install it."""
    try:
        return importlib.import_module(package)
    except ImportError as error:
        advice = "ONNX needs two: python -m pip install onnx onnxruntime"
        raise ImportError(f"the package {package} is not installed; {advice}") from error


def onnx_model(pruned: Pruned) -> Any:
    """Build the model, operation by operation, and let the package onnx check it."""
    onnx = require("onnx")
    helper, kinds = onnx.helper, onnx.TensorProto
    constants: dict[str, np.ndarray] = {name: array.astype(np.float32) for name, array in pruned.params.items()}
    constants |= {"255": np.array([255], np.float32), "channel": np.array([1], np.int64)}
    nodes = [
        helper.make_node("Cast", [INPUT], ["grey"], to=kinds.FLOAT),
        helper.make_node("Div", ["grey", "255"], ["brightness"]),
        helper.make_node("Unsqueeze", ["brightness", "channel"], ["stage0"]),
        *(node for layer in (1, 2) for node in _stage(helper, layer, pruned.config.reading)),
        helper.make_node("Flatten", ["stage2"], ["features"], axis=1),
    ]
    columns, read = pruned.parts.columns, "features"
    if len(columns) < NODES_PER_MAP * len(pruned.parts.maps2):
        constants["columns"], read = columns.astype(np.int64), "kept"
        nodes.append(helper.make_node("Gather", ["features", "columns"], [read], axis=1))
    linear = pruned.config.reading.logits == "linear"
    nodes.append(helper.make_node("Gemm", [read, "U", "b"], [OUTPUT if linear else "sums"], transB=1))
    if not linear:
        nodes.append(helper.make_node("Relu", ["sums"], [OUTPUT]))
    graph = helper.make_graph(
        nodes,
        "pruned network",
        [helper.make_tensor_value_info(INPUT, kinds.UINT8, ["N", IMAGE_SIZE, IMAGE_SIZE])],
        [helper.make_tensor_value_info(OUTPUT, kinds.FLOAT, ["N", CLASSES])],
        [onnx.numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    model = helper.make_model(
        graph, producer_name="sl1lib", producer_version=__version__, opset_imports=[helper.make_opsetid("", OPSET)]
    )
    model.ir_version = IR_VERSION
    helper.set_model_props(model, {"reading": pruned.config.reading.name, "data": pruned.report.data_name})
    onnx.checker.check_model(model, full_check=True)
    return model


def _stage(helper: Any, layer: int, reading: Any) -> list[Any]:
    """Return convolution, pooling and activation of a layer in the reading's order."""
    kind = "Relu" if reading.activation == "relu" else "Sigmoid"
    pool = ("AveragePool", {"kernel_shape": [POOL, POOL], "strides": [POOL, POOL]})
    steps = [pool, (kind, {})] if reading.pool_first else [(kind, {}), pool]
    names = [f"conv{layer}", f"between{layer}", f"stage{layer}"]
    return [
        helper.make_node("Conv", [f"stage{layer - 1}", f"K{layer}", f"b{layer}"], [names[0]]),
        *(
            helper.make_node(operation, [before], [after], **settings)
            for (operation, settings), before, after in zip(steps, names, names[1:], strict=False)
        ),
    ]
