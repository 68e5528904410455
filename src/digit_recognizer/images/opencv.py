"""OpenCV, imported in one place: where its installation is broken, a sentence says how to repair it."""

from __future__ import annotations

from multiprocessing import parent_process

from digit_recognizer.errors import MissingExtraError

_PACKAGES = (  # each brings the folder cv2; removing one of two breaks the other
    "opencv-python",
    "opencv-contrib-python",
    "opencv-contrib-python-headless",
    "opencv-python-headless",
)

try:
    import cv2

    cv2.connectedComponentsWithStats  # noqa: B018  # a folder that is left without its files can be imported
except (ImportError, AttributeError) as error:
    from digit_recognizer.installed import command, first_installed

    # A user's own package comes back in its version, unless it needs what this system lacks, such as libGL.
    lacks_files = isinstance(error, ModuleNotFoundError | AttributeError)
    wanted = first_installed(*_PACKAGES if lacks_files else _PACKAGES[-1:]) or _PACKAGES[-1]
    raise MissingExtraError(
        f"OpenCV cannot be imported ({error}). Of the packages {', '.join(_PACKAGES)}, which share one folder, none is"
        " whole here: whoever removes one of two breaks the other.\n"
        f"Repair it with: {command('--force-reinstall', '--no-deps', wanted)}"
    ) from error

if parent_process() is not None:  # one of several processes, a core each: threads of all would fight for the cores
    cv2.setNumThreads(1)

__all__ = ["cv2"]
