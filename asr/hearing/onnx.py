"""Small models on ONNX Runtime."""

from pathlib import Path

import onnxruntime


def opened(model: Path) -> onnxruntime.InferenceSession:
    """The model in file `model`, on one thread of the CPU: the others are Whisper's."""
    options = onnxruntime.SessionOptions()
    options.inter_op_num_threads = options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(model), sess_options=options, providers=["CPUExecutionProvider"])
