"""The fonts that printed digits are drawn from: which families train a network, and which it has never seen.

Designs drawn after one another stand in one split, such as URW Courier and Courier Prime. Fonts whose digits are
old-style (some as small as an x, some hanging below the line) are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from digit_recognizer.images.fonts import FONTS_FOLDER, located


@dataclass(frozen=True)
class Family:
    """One design of digits, in some weights and widths."""

    package: str  # Debian's
    files: tuple[str, ...]


FAMILIES: dict[str, dict[str, Family]] = {
    "train": {
        "Andika": Family("fonts-sil-andika", ("Andika-Regular.ttf", "Andika-Bold.ttf", "Andika-Italic.ttf")),
        "Averia Serif": Family(
            "fonts-averia-serif-gwf",
            ("AveriaSerifGWF-Light.ttf", "AveriaSerifGWF-Bold.ttf", "AveriaSerifGWF-Italic.ttf"),
        ),
        "B612": Family("fonts-b612", ("B612-Regular.otf", "B612-Bold.otf", "B612Mono-Regular.otf")),
        "Bebas Neue": Family("fonts-bebas-neue", ("BebasNeue-Book.otf", "BebasNeue-Regular.otf", "BebasNeue-Bold.otf")),
        "Charis SIL": Family(
            "fonts-sil-charis", ("CharisSIL-Regular.ttf", "CharisSIL-Bold.ttf", "CharisSIL-Italic.ttf")
        ),
        "Comfortaa": Family("fonts-comfortaa", ("Comfortaa-Light.ttf", "Comfortaa-Regular.ttf", "Comfortaa-Bold.ttf")),
        "Courier Prime": Family("fonts-courier-prime", ("Courier Prime.otf", "Courier Prime Bold.otf")),
        "DSEG7": Family(
            "fonts-dseg", ("DSEG7Classic-Regular.ttf", "DSEG7Classic-BoldItalic.ttf", "DSEG7Modern-Bold.ttf")
        ),
        "DejaVu Sans": Family("fonts-dejavu-core", ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")),
        "DejaVu Sans Mono": Family("fonts-dejavu-core", ("DejaVuSansMono.ttf", "DejaVuSansMono-Bold.ttf")),
        "DejaVu Serif": Family("fonts-dejavu-core", ("DejaVuSerif.ttf", "DejaVuSerif-Bold.ttf")),
        "GFS Neohellenic": Family("fonts-gfs-neohellenic", ("GFSNeohellenic.otf", "GFSNeohellenicBold.otf")),
        "Gentium": Family("fonts-sil-gentium", ("Gentium-R.ttf", "Gentium-I.ttf")),
        "Gillius": Family(
            "fonts-adf-gillius", ("GilliusADF-Regular.otf", "GilliusADF-Bold.otf", "GilliusADF-BoldCond.otf")
        ),
        "IPA Gothic": Family("fonts-ipafont-gothic", ("ipag.ttf",)),
        "IPA Mincho": Family("fonts-ipafont-mincho", ("ipam.ttf",)),
        "Inconsolata": Family("fonts-inconsolata", ("Inconsolata.otf",)),
        "Inter": Family("fonts-inter", ("Inter-Light.otf", "Inter-Medium.otf", "Inter-Black.otf")),
        "JetBrains Mono": Family("fonts-jetbrains-mono", ("JetBrainsMono-Regular.ttf", "JetBrainsMono-ExtraBold.ttf")),
        "Jura": Family("fonts-jura", ("Jura-Regular.otf", "Jura-Bold.otf")),
        "Lato": Family("fonts-lato", ("Lato-Light.ttf", "Lato-Regular.ttf", "Lato-Black.ttf", "Lato-Italic.ttf")),
        "Liberation Mono": Family("fonts-liberation", ("LiberationMono-Regular.ttf", "LiberationMono-Bold.ttf")),
        "Liberation Sans": Family(
            "fonts-liberation",
            (
                *("LiberationSans-Regular.ttf", "LiberationSans-Bold.ttf", "LiberationSans-Italic.ttf"),
                *("LiberationSansNarrow-Regular.ttf", "LiberationSansNarrow-Bold.ttf"),
            ),
        ),
        "Liberation Serif": Family(
            "fonts-liberation",
            ("LiberationSerif-Regular.ttf", "LiberationSerif-Bold.ttf", "LiberationSerif-Italic.ttf"),
        ),
        "Libris": Family("fonts-adf-libris", ("LibrisADFStd-Regular.otf", "LibrisADFStd-Bold.otf")),
        "Linux Libertine": Family(
            "fonts-linuxlibertine", ("LinLibertine_R.otf", "LinLibertine_RB.otf", "LinBiolinum_R.otf")
        ),
        "Noto Serif": Family(
            "fonts-noto-core", ("NotoSerif-Regular.ttf", "NotoSerif-Bold.ttf", "NotoSerif-Italic.ttf")
        ),
        "OCR-A": Family("fonts-ocr-a", ("OCRA.ttf", "OCRABold.ttf")),
        "OCR-B": Family("fonts-ocr-b", ("OCRB.otf",)),
        "Old Standard": Family("fonts-oldstandard", ("OldStandard-Regular.ttf", "OldStandard-Bold.ttf")),
        "Open Sans": Family(
            "fonts-open-sans",
            ("OpenSans-Light.ttf", "OpenSans-Regular.ttf", "OpenSans-CondLight.ttf", "OpenSans-CondBold.ttf"),
        ),
        "PT": Family("fonts-paratype", ("PTS55F.ttf", "PTN77F.ttf", "PTF55F.ttf", "PTF75F.ttf", "PTM55F.ttf")),
        "Quicksand": Family("fonts-quicksand", ("Quicksand-Regular.ttf", "Quicksand-Bold.ttf")),
        "Roboto": Family(
            "fonts-roboto-unhinted",
            (
                *("Roboto-Light.ttf", "Roboto-Regular.ttf", "Roboto-Black.ttf", "Roboto-Italic.ttf"),
                *("RobotoCondensed-Regular.ttf", "RobotoCondensed-Bold.ttf"),
            ),
        ),
        "Tiresias": Family("fonts-tiresias", ("tiresias_infofont.ttf", "tiresias_signfont.ttf", "tiresias_pcfont.ttf")),
        "Typewriter": Family("fonts-thai-tlwg-ttf", ("TlwgTypewriter.ttf", "TlwgTypewriter-Bold.ttf")),
        "URW Avant Garde": Family("fonts-urw-base35", ("URWGothic-Book.otf", "URWGothic-Demi.otf")),
        "URW Bookman": Family("fonts-urw-base35", ("URWBookman-Light.otf", "URWBookman-Demi.otf")),
        "URW Century Schoolbook": Family("fonts-urw-base35", ("C059-Roman.otf", "C059-Bold.otf", "C059-Italic.otf")),
        "URW Courier": Family("fonts-urw-base35", ("NimbusMonoPS-Regular.otf", "NimbusMonoPS-Bold.otf")),
        "URW Palatino": Family("fonts-urw-base35", ("P052-Roman.otf", "P052-Bold.otf", "P052-Italic.otf")),
        "Universalis": Family(
            "fonts-adf-universalis",
            ("UniversalisADFStd-Regular.otf", "UniversalisADFStd-Bold.otf", "UniversalisADFStd-Cond.otf"),
        ),
    },
    "validation": {
        "Beteckna": Family("fonts-beteckna", ("Beteckna.ttf", "BetecknaGSCondensed-Bold.ttf")),
        "Cabin": Family("fonts-cabin", ("Cabin-Regular.otf", "Cabin-Bold.otf", "Cabin-Italic.otf")),
        "Caladea": Family("fonts-crosextra-caladea", ("Caladea-Regular.ttf", "Caladea-Bold.ttf")),
        "Century Catalogue": Family("fonts-century-catalogue", ("Century-Catalogue.ttf",)),
        "Fira Code": Family("fonts-firacode", ("FiraCode-Regular.ttf", "FiraCode-Bold.ttf")),
        "Quattrocento": Family("fonts-quattrocento", ("Quattrocento-Regular.otf",)),
        "Sora": Family("fonts-sora", ("Sora-Light.otf", "Sora-Bold.otf")),
    },
    "calibration": {
        "Cantarell": Family("fonts-cantarell", ("Cantarell-Regular.otf", "Cantarell-ExtraBold.otf")),
        "Dustismo Roman": Family("fonts-dustin", ("Dustismo_Roman.ttf", "Dustismo_Roman_Bold.ttf")),
        "GFS Artemisia": Family("fonts-gfs-artemisia", ("GFSArtemisia.otf", "GFSArtemisiaBold.otf")),
        "Karla": Family("fonts-karla", ("Karla-Regular.otf", "Karla-Bold.otf")),
        "Mononoki": Family("fonts-mononoki", ("mononoki-Regular.ttf", "mononoki-Bold.ttf")),
    },
    "test": {
        "Agave": Family("fonts-agave", ("agave-r-autohinted.ttf", "agave-b-autohinted.ttf")),
        "Anonymous Pro": Family("fonts-anonymous-pro", ("Anonymous Pro.ttf", "Anonymous Pro B.ttf")),
        "Clear Sans": Family(
            "fonts-clear-sans", ("ClearSans-Regular.ttf", "ClearSans-Bold.ttf", "ClearSans-Light.ttf")
        ),
        "GFS Didot": Family("fonts-gfs-didot", ("GFSDidot.otf", "GFSDidotBold.otf")),
        "Go": Family("fonts-go", ("Go-Regular.ttf", "Go-Bold.ttf", "Go-Mono.ttf")),
        "Junicode": Family(
            "fonts-junicode",
            ("JunicodeTwoBeta-Regular.otf", "JunicodeTwoBeta-Bold.otf", "JunicodeTwoBeta-Condensed.otf"),
        ),
        "League Spartan": Family("fonts-league-spartan", ("LeagueSpartan-Regular.otf", "LeagueSpartan-Bold.otf")),
        "M+ 1": Family("fonts-mplus", ("Mplus1-Regular.otf", "Mplus1-Black.otf")),
        "OSP-DIN": Family("fonts-opendin", ("OSP-DIN.ttf",)),
        "Tribun": Family(
            "fonts-adf-tribun", ("TribunADFStd-Regular.otf", "TribunADFStd-Bold.otf", "TribunADFStd-Cond.otf")
        ),
        "Tuffy": Family("fonts-tuffy", ("tuffy_regular.ttf", "tuffy_bold.ttf", "tuffy_italic.ttf")),
    },
}


def find_families(folder: Path = FONTS_FOLDER) -> dict[str, list[list[Path]]]:
    """The font files of each family by split ("train", "validation", "calibration", "test"), in the order above.

    Raises DataError naming the packages that are absent: with fewer fonts the digits would be others.
    """
    needed = [(each.package, each.files) for families in FAMILIES.values() for each in families.values()]
    present = located(needed, folder, "printed digits are drawn from")
    return {
        split: [[present[name] for name in each.files] for each in families.values()]
        for split, families in FAMILIES.items()
    }
