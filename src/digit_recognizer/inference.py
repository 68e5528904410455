"""ONNX Runtime's sessions, made alike everywhere."""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from digit_recognizer.processes import cores, cpu_quota

_SILENT = 4  # of its levels of logging: what ends the process alone
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
    onnxruntime.set_default_logger_severity(_SILENT)  # some systems refuse that a thread is bound to a core: no harm
    options.log_severity_level = _SILENT  # what went wrong is raised; printed, it would show someone's text as it is
    # Left to itself (0) it takes a thread for each core of the machine, whatever a container may use of them.
    options.intra_op_num_threads = threads or (0 if cpu_quota() is None else cores())
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
