"""An exported graph that multiplies in 8 bits."""

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_dynamic, quantize_static

from hunmin.errors import InputError
from hunmin.image import MAX_CROP_PIXELS, load_image, preprocess
from hunmin.spec import RecognizerSpec


class _Crops(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime has no types
    """Hands crops to the quantizer, one at a time."""

    def __init__(self, crops: Sequence[NDArray[np.uint8]], spec: RecognizerSpec) -> None:
        self.crops = iter(crops)
        self.spec = spec

    def get_next(self) -> dict[str, NDArray[np.float32]] | None:
        """The next image; None after the last."""
        crop = next(self.crops, None)
        if crop is None:
            return None
        return {"images": preprocess(load_image(crop, max_pixels=MAX_CROP_PIXELS), self.spec)[None]}


def quantize(graph: Path, folder: Path, spec: RecognizerSpec, crops: Sequence[NDArray[np.uint8]]) -> Path:
    """Linear layers with ranges found while they run, convolutions, for which that would be slow, with ranges fixed here.

    Args:
        graph: in 32 bits.
        folder: for the graph in 8 bits, and what comes up on the way.
        spec: of the model.
        crops: of single lines, (H, W) or (H, W, 3); those too wide for the model are passed over.

    Returns:
        The graph in 8 bits.

    Raises:
        InputError: all crops are too wide.
    """
    # One-pass decoding and its refinement share weights: only after constant folding does each stand alone, to be quantised.
    folded, in_part, quantized = folder / "folded.onnx", folder / "in_part.onnx", folder / "int8.onnx"
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.optimized_model_filepath = str(folded)
    options.log_severity_level = 3
    onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
    logging.disable(logging.WARNING)  # it advises what was just done
    try:
        if convolutions := _inner_convolutions(folded, spec):
            fitting = [one for one in crops if spec.fits(one.shape[1], one.shape[0])]
            if not fitting:
                raise InputError(
                    f"none of {len(crops)} crops is at most {spec.max_width_px} px wide; give shorter lines"
                )
            reader = _Crops(fitting, spec)
            # A range is sought for every tensor, also for candidates that are minus infinity, which stay in 32 bits.
            with np.errstate(invalid="ignore"):
                quantize_static(
                    folded,
                    in_part,
                    reader,
                    nodes_to_quantize=convolutions,
                    per_channel=True,
                    activation_type=QuantType.QUInt8,  # x86 multiplies these by signed weights in one instruction
                    weight_type=QuantType.QInt8,
                )
        quantize_dynamic(
            in_part if convolutions else folded,
            quantized,
            op_types_to_quantize=["MatMul", "Gemm"],
            weight_type=QuantType.QInt8,
            extra_options={"EnableSubgraph": True},
        )
    finally:
        logging.disable(logging.NOTSET)
    return quantized


def _inner_convolutions(graph: Path, spec: RecognizerSpec) -> list[str]:
    """Names of the convolutions that do not see pixels, whose fine steps 8 bits would lose."""
    proto = onnx.load(graph).graph
    inputs = {weight.name: weight.dims[1] for weight in proto.initializer if len(weight.dims) == 4}  # noqa: PLR2004
    return [node.name for node in proto.node if node.op_type == "Conv" and inputs[node.input[1]] != spec.channels]
