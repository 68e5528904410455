"""ONNX Runtime's sessions, made alike everywhere."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

_MAX_MEMORY = 4 * 2**30  # bytes that all strangers' networks of a process may take for what they compute


def onnx_session(content: bytes, threads: int, bounded: bool = False) -> Any:
    """A session of ONNX Runtime's CPU provider. content: the bytes of an ONNX file; threads: 0 for one a core.

    bounded: the network may be a stranger's: what its runs take is bounded by _MAX_MEMORY, beyond which they fail.
    Raises whatever ONNX Runtime raises, which has no public base class.
    """
    # From 1.29 on ONNX Runtime's Linux build reports its use to its maker, from its first import on. Nobody asked
    # the user; whoever wants that sets this variable to 0 beforehand.
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # what went wrong is raised; printed, it would show a stranger's text as it stands
    options.intra_op_num_threads = threads
    options.add_session_config_entry("session.load_model_format", "ONNX")  # the format that was checked; no detection
    if bounded:
        _bound_memory()
        options.add_session_config_entry("session.use_env_allocators", "1")
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])


@cache
def _bound_memory() -> None:
    """Tell ONNX Runtime, once in a process, what the sessions that share an allocator may take."""
    import onnxruntime

    place = onnxruntime.OrtMemoryInfo(
        "Cpu", onnxruntime.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, onnxruntime.OrtMemType.DEFAULT
    )
    onnxruntime.create_and_register_allocator(place, onnxruntime.OrtArenaCfg({"max_mem": _MAX_MEMORY}))
