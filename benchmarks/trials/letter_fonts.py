"""Letters that look like no digit, and the fonts that they are drawn from: named here, installed by Debian."""

from __future__ import annotations

from pathlib import Path

from digit_recognizer.synthetic.fonts import FONTS_FOLDER, located

# A letter is left out where in some common hand, upright or held upside down, a person shown it alone may read a digit:
#   0: O o D Q a    1: I i l J j L r t f    2: Z z    3: E    4: Y y u h    5: S s    6: G b d e    7: L T r    8: B
#   9: g q a P p
# (h and L upside down are 4 and 7, E is 3, d and p are p and d, e is nearly 9; u with a longer stem is an open 4.)
LETTERS = "ACFHKMNRUVWX" + "ckmnvwx"

PACKAGES = {  # Debian's package -> its files that are used
    "fonts-dejavu-core": ("DejaVuSans.ttf", "DejaVuSerif-Bold.ttf", "DejaVuSansMono.ttf"),
    "fonts-liberation": ("LiberationSans-Regular.ttf", "LiberationSerif-Italic.ttf", "LiberationSansNarrow-Bold.ttf"),
    "fonts-comic-neue": ("ComicNeue-Regular.otf",),
    "fonts-humor-sans": ("Humor-Sans.ttf",),
    "fonts-breip": ("Breip.ttf",),
    "fonts-dkg-handwriting": ("dkg.ttf",),
    "fonts-tomsontalks": ("TomsonTalks.ttf",),
}


def find_fonts(folder: Path = FONTS_FOLDER) -> list[Path]:
    """The files of all named fonts, in the order above: with fewer, the letters would be others.

    Raises DataError naming the packages that are absent.
    """
    present = located(list(PACKAGES.items()), folder, "letters are drawn from")
    return [present[name] for files in PACKAGES.values() for name in files]
