"""Print Debian's packages of the fonts that made pictures are drawn from.

apt-get install $(python scripts/debian_fonts.py)
"""

from __future__ import annotations

import sys

from digit_recognizer.synthetic.printed_fonts import FAMILIES
from results import ROOT

sys.path.append(str(ROOT / "benchmarks"))
from trials.letter_fonts import PACKAGES


def main() -> None:
    """One line, sorted."""
    printed = {family.package for families in FAMILIES.values() for family in families.values()}
    print(*sorted({*PACKAGES, *printed}))


if __name__ == "__main__":
    main()
