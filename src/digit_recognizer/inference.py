"""ONNX Runtime's sessions, made alike everywhere."""

from __future__ import annotations

import os
from typing import Any


def onnx_session(content: bytes, threads: int) -> Any:
    """A session of ONNX Runtime's CPU provider. content: the bytes of an ONNX file; threads: 0 for one a core.

    Raises whatever ONNX Runtime raises, which has no public base class.
    """
    # From 1.29 on ONNX Runtime's Linux build reports its use to its maker, from its first import on. Nobody asked
    # the user; whoever wants that sets this variable to 0 beforehand.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.load_model_format", "ONNX")  # the format that was checked; no detection
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
