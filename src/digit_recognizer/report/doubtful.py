"""The gallery of doubtful labels that an audit found."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

from digit_recognizer.auditing import Audit
from digit_recognizer.report.figures import COLUMNS, WRONG, image_grid, save_figure

_SHOWN = 50


def suspects_gallery(audit: Audit) -> Figure:
    """The most doubtful images, the worst first, each with its place, its given and its suggested label."""
    suspects, pool = audit.suspects or [], audit.pool
    shown = suspects[:_SHOWN]
    captions = []
    for each in shown:
        row = each.to_dict(pool)
        captions.append(f"{row['split']} {row['index']}\ngiven {row['given_name']}\nsuggested {row['suggested_name']}")
    title = f"{audit.name}: the {len(shown)} most doubtful of {len(suspects):,} listed labels"
    if not shown:
        nothing = "its labels were not audited" if audit.suspects is None else "no doubtful labels"
        return image_grid(np.zeros((1, 1, 1), np.uint8), [""], [WRONG], 1, f"{audit.name}: {nothing}")
    images = pool.images[[each.member for each in shown]]
    return image_grid(images, captions, [WRONG] * len(shown), min(COLUMNS, len(shown)), title)


def save_suspects(audit: Audit, folder: Path) -> Path:
    """The gallery as a file in `folder`."""
    return save_figure(suspects_gallery(audit), folder / "suspects.png")
