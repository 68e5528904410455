"""OpenCV, imported in one place: where its installation is broken, a sentence says how to repair it."""

from __future__ import annotations

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
    from digit_recognizer.installed import first_installed, installer

    raise MissingExtraError(
        f"OpenCV cannot be imported ({error}). The packages {', '.join(_PACKAGES)} share one folder: where two of them"
        " were installed and one was removed, the other is broken.\n"
        f"Repair it with: {installer()} --force-reinstall --no-deps {first_installed(*_PACKAGES) or _PACKAGES[-1]}"
    ) from error

__all__ = ["cv2"]
