"""The fonts that printed digits are drawn from: which families train a network, and which it has never seen.

Designs drawn after one another stand in one split, such as URW Courier and Courier Prime. Fonts whose digits are
old-style (some as small as an x, some hanging below the line) are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from digit_recognizer.synthetic.fonts import FONTS_FOLDER, located


@dataclass(frozen=True)
class _Family:
    """One design of digits, in some weights and widths."""

    package: str  # Debian's
    files: tuple[str, ...]


FAMILIES: dict[str, dict[str, _Family]] = {
    "train": {
        "Allerta": _Family("fonts-allerta", ("allerta_medium.otf",)),
        "Andika": _Family("fonts-sil-andika", ("Andika-Regular.ttf", "Andika-Bold.ttf", "Andika-Italic.ttf")),
        "Arapey": _Family("fonts-arapey", ("Arapey-Regular.otf", "Arapey-Black.otf")),
        "Averia Serif": _Family(
            "fonts-averia-serif-gwf",
            ("AveriaSerifGWF-Light.ttf", "AveriaSerifGWF-Bold.ttf", "AveriaSerifGWF-Italic.ttf"),
        ),
        "B612": _Family("fonts-b612", ("B612-Regular.otf", "B612-Bold.otf", "B612Mono-Regular.otf")),
        "Baekmuk": _Family("fonts-baekmuk", ("batang.ttf", "dotum.ttf", "hline.ttf")),
        "Baskervald": _Family("fonts-adf-baskervald", ("BaskervaldADFStd.otf", "BaskervaldADFStd-Heavy.otf")),
        "Bebas Neue": _Family(
            "fonts-bebas-neue", ("BebasNeue-Book.otf", "BebasNeue-Regular.otf", "BebasNeue-Bold.otf")
        ),
        "Caliban": _Family("fonts-georgewilliams", ("Caliban.ttf",)),
        "Caslon": _Family("fonts-georgewilliams", ("CaslonRoman.ttf",)),
        "Charis SIL": _Family(
            "fonts-sil-charis", ("CharisSIL-Regular.ttf", "CharisSIL-Bold.ttf", "CharisSIL-Italic.ttf")
        ),
        "Comfortaa": _Family("fonts-comfortaa", ("Comfortaa-Light.ttf", "Comfortaa-Regular.ttf", "Comfortaa-Bold.ttf")),
        "Compagnon": _Family("fonts-compagnon", ("Compagnon-Light.otf", "Compagnon-Roman.otf")),
        "Computer Modern": _Family("fonts-cmu", ("cmunrm.ttf", "cmunbx.ttf", "cmunss.ttf", "cmuntt.ttf")),
        "Courier Prime": _Family("fonts-courier-prime", ("Courier Prime.otf", "Courier Prime Bold.otf")),
        "DSEG7": _Family(
            "fonts-dseg", ("DSEG7Classic-Regular.ttf", "DSEG7Classic-BoldItalic.ttf", "DSEG7Modern-Bold.ttf")
        ),
        "DejaVu Sans": _Family("fonts-dejavu-core", ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")),
        "DejaVu Sans Mono": _Family("fonts-dejavu-core", ("DejaVuSansMono.ttf", "DejaVuSansMono-Bold.ttf")),
        "DejaVu Serif": _Family("fonts-dejavu-core", ("DejaVuSerif.ttf", "DejaVuSerif-Bold.ttf")),
        "Dosis": _Family("fonts-dosis", ("Dosis-Book.otf", "Dosis-Bold.otf")),
        "Fantasque Sans Mono": _Family(
            "fonts-fantasque-sans", ("FantasqueSansMono-Regular.otf", "FantasqueSansMono-Bold.otf")
        ),
        "GFS Neohellenic": _Family("fonts-gfs-neohellenic", ("GFSNeohellenic.otf", "GFSNeohellenicBold.otf")),
        "Garuda": _Family("fonts-thai-tlwg-ttf", ("Garuda.ttf", "Garuda-Bold.ttf")),
        "Gayathri": _Family("fonts-smc-gayathri", ("Gayathri-Regular.otf", "Gayathri-Bold.otf")),
        "Gemunu Libre": _Family("fonts-gemunu-libre", ("GemunuLibre-Regular.otf", "GemunuLibre-Bold.otf")),
        "Gentium": _Family("fonts-sil-gentium", ("Gentium-R.ttf", "Gentium-I.ttf")),
        "Gillius": _Family(
            "fonts-adf-gillius", ("GilliusADF-Regular.otf", "GilliusADF-Bold.otf", "GilliusADF-BoldCond.otf")
        ),
        "Hermit": _Family("fonts-hermit", ("Hermit-light.otf", "Hermit-bold.otf")),
        "IPA Gothic": _Family("fonts-ipafont-gothic", ("ipag.ttf",)),
        "IPA Mincho": _Family("fonts-ipafont-mincho", ("ipam.ttf",)),
        "Ikarius": _Family("fonts-adf-ikarius", ("IkariusADFStd-Regular.otf", "IkariusADFStd-Bold.otf")),
        "Inconsolata": _Family("fonts-inconsolata", ("Inconsolata.otf",)),
        "Inter": _Family("fonts-inter", ("Inter-Light.otf", "Inter-Medium.otf", "Inter-Black.otf")),
        "JetBrains Mono": _Family("fonts-jetbrains-mono", ("JetBrainsMono-Regular.ttf", "JetBrainsMono-ExtraBold.ttf")),
        "Jura": _Family("fonts-jura", ("Jura-Regular.otf", "Jura-Bold.otf")),
        "Kinnari": _Family("fonts-thai-tlwg-ttf", ("Kinnari.ttf", "Kinnari-Bold.ttf")),
        "Laksaman": _Family("fonts-thai-tlwg-ttf", ("Laksaman.ttf", "Laksaman-Bold.ttf")),
        "Lato": _Family("fonts-lato", ("Lato-Light.ttf", "Lato-Regular.ttf", "Lato-Black.ttf", "Lato-Italic.ttf")),
        "League Mono": _Family("fonts-league-mono", ("LeagueMono-Regular.otf", "LeagueMono-Bold.otf")),
        "Liberation Mono": _Family("fonts-liberation", ("LiberationMono-Regular.ttf", "LiberationMono-Bold.ttf")),
        "Liberation Sans": _Family(
            "fonts-liberation",
            (
                *("LiberationSans-Regular.ttf", "LiberationSans-Bold.ttf", "LiberationSans-Italic.ttf"),
                *("LiberationSansNarrow-Regular.ttf", "LiberationSansNarrow-Bold.ttf"),
            ),
        ),
        "Liberation Serif": _Family(
            "fonts-liberation",
            ("LiberationSerif-Regular.ttf", "LiberationSerif-Bold.ttf", "LiberationSerif-Italic.ttf"),
        ),
        "Libris": _Family("fonts-adf-libris", ("LibrisADFStd-Regular.otf", "LibrisADFStd-Bold.otf")),
        "Linux Libertine": _Family(
            "fonts-linuxlibertine", ("LinLibertine_R.otf", "LinLibertine_RB.otf", "LinBiolinum_R.otf")
        ),
        "Manjari": _Family("fonts-smc-manjari", ("Manjari-Regular.otf", "Manjari-Bold.otf")),
        "Manrope": _Family("fonts-manrope", ("Manrope-Light.ttf", "Manrope-Bold.ttf")),
        "Mekanus": _Family("fonts-adf-mekanus", ("MekanusADFStd-Regular.otf", "MekanusADFStd-Bold.otf")),
        "Monoid": _Family("fonts-monoid", ("Monoid-Regular.ttf", "Monoid-Bold.ttf")),
        "Nanum Gothic": _Family("fonts-nanum", ("NanumGothic.ttf", "NanumGothicBold.ttf")),
        "Nanum Myeongjo": _Family("fonts-nanum", ("NanumMyeongjo.ttf", "NanumMyeongjoBold.ttf")),
        "National Park": _Family("fonts-national-park", ("NationalPark-Regular.otf", "NationalPark-Heavy.otf")),
        "Norasi": _Family("fonts-thai-tlwg-ttf", ("Norasi.ttf", "Norasi-Bold.ttf")),
        "Noto Sans": _Family("fonts-noto-core", ("NotoSans-Regular.ttf", "NotoSans-Bold.ttf")),
        "Noto Serif": _Family(
            "fonts-noto-core", ("NotoSerif-Regular.ttf", "NotoSerif-Bold.ttf", "NotoSerif-Italic.ttf")
        ),
        "Noto Serif Display": _Family("fonts-noto-core", ("NotoSerifDisplay-Regular.ttf", "NotoSerifDisplay-Bold.ttf")),
        "OCR-A": _Family("fonts-ocr-a", ("OCRA.ttf", "OCRABold.ttf")),
        "OCR-B": _Family("fonts-ocr-b", ("OCRB.otf",)),
        "Okolaks": _Family("fonts-okolaks", ("okolaksRegular.ttf", "okolaksBold.ttf")),
        "Old Standard": _Family("fonts-oldstandard", ("OldStandard-Regular.ttf", "OldStandard-Bold.ttf")),
        "Open Sans": _Family(
            "fonts-open-sans",
            ("OpenSans-Light.ttf", "OpenSans-Regular.ttf", "OpenSans-CondLight.ttf", "OpenSans-CondBold.ttf"),
        ),
        "OpenDyslexic": _Family("fonts-opendyslexic", ("OpenDyslexic-Regular.otf", "OpenDyslexic-Bold.otf")),
        "Oxygen": _Family("fonts-oxygen", ("Oxygen-Sans.ttf", "Oxygen-Sans-Bold.ttf")),
        "PT": _Family("fonts-paratype", ("PTS55F.ttf", "PTN77F.ttf", "PTF55F.ttf", "PTF75F.ttf", "PTM55F.ttf")),
        "Play": _Family("fonts-play", ("Play-Regular.otf", "Play-Bold.otf")),
        "Purisa": _Family("fonts-thai-tlwg-ttf", ("Purisa.ttf",)),
        "Quicksand": _Family("fonts-quicksand", ("Quicksand-Regular.ttf", "Quicksand-Bold.ttf")),
        "Roadgeek": _Family("fonts-roadgeek", ("RG2014B.ttf", "RG2014D.ttf", "RG2014F.ttf")),
        "Roboto": _Family(
            "fonts-roboto-unhinted",
            (
                *("Roboto-Light.ttf", "Roboto-Regular.ttf", "Roboto-Black.ttf", "Roboto-Italic.ttf"),
                *("RobotoCondensed-Regular.ttf", "RobotoCondensed-Bold.ttf"),
            ),
        ),
        "Roboto Slab": _Family("fonts-roboto-slab", ("RobotoSlab-Regular.otf", "RobotoSlab-Bold.otf")),
        "Routed Gothic": _Family("fonts-routed-gothic", ("routed-gothic.ttf", "routed-gothic-narrow.ttf")),
        "STIX": _Family("fonts-stix", ("STIXGeneral-Regular.otf", "STIXGeneral-Bold.otf")),
        "Sawasdee": _Family("fonts-thai-tlwg-ttf", ("Sawasdee.ttf", "Sawasdee-Bold.ttf")),
        "Switzera": _Family(
            "fonts-adf-switzera", ("SwitzeraADF-Regular.otf", "SwitzeraADF-Bold.otf", "SwitzeraADF-Cond.otf")
        ),
        "Tiresias": _Family(
            "fonts-tiresias", ("tiresias_infofont.ttf", "tiresias_signfont.ttf", "tiresias_pcfont.ttf")
        ),
        "Typewriter": _Family("fonts-thai-tlwg-ttf", ("TlwgTypewriter.ttf", "TlwgTypewriter-Bold.ttf")),
        "URW Avant Garde": _Family("fonts-urw-base35", ("URWGothic-Book.otf", "URWGothic-Demi.otf")),
        "URW Bookman": _Family("fonts-urw-base35", ("URWBookman-Light.otf", "URWBookman-Demi.otf")),
        "URW Century Schoolbook": _Family("fonts-urw-base35", ("C059-Roman.otf", "C059-Bold.otf", "C059-Italic.otf")),
        "URW Courier": _Family("fonts-urw-base35", ("NimbusMonoPS-Regular.otf", "NimbusMonoPS-Bold.otf")),
        "URW Palatino": _Family("fonts-urw-base35", ("P052-Roman.otf", "P052-Bold.otf", "P052-Italic.otf")),
        "Ubuntu Title": _Family("fonts-ubuntu-title", ("Ubuntu-Title.ttf",)),
        "Umpush": _Family("fonts-thai-tlwg-ttf", ("Umpush.ttf", "Umpush-Bold.ttf")),
        "Un Batang": _Family("fonts-unfonts-core", ("UnBatang.ttf", "UnBatangBold.ttf")),
        "Un Dotum": _Family("fonts-unfonts-core", ("UnDotum.ttf", "UnDotumBold.ttf")),
        "Un Graphic": _Family("fonts-unfonts-core", ("UnGraphic.ttf",)),
        "Universalis": _Family(
            "fonts-adf-universalis",
            ("UniversalisADFStd-Regular.otf", "UniversalisADFStd-Bold.otf", "UniversalisADFStd-Cond.otf"),
        ),
        "Verana": _Family("fonts-adf-verana", ("Verana-Regular.otf", "VeranaSans-Regular.otf", "VeranaSans-Bold.otf")),
        "Yrsa": _Family("fonts-yrsa-rasa", ("Yrsa-Regular.ttf", "Yrsa-Bold.ttf")),
    },
    "validation": {
        "Beteckna": _Family("fonts-beteckna", ("Beteckna.ttf", "BetecknaGSCondensed-Bold.ttf")),
        "Cabin": _Family("fonts-cabin", ("Cabin-Regular.otf", "Cabin-Bold.otf", "Cabin-Italic.otf")),
        "Caladea": _Family("fonts-crosextra-caladea", ("Caladea-Regular.ttf", "Caladea-Bold.ttf")),
        "Century Catalogue": _Family("fonts-century-catalogue", ("Century-Catalogue.ttf",)),
        "Fira Code": _Family("fonts-firacode", ("FiraCode-Regular.ttf", "FiraCode-Bold.ttf")),
        "Quattrocento": _Family("fonts-quattrocento", ("Quattrocento-Regular.otf",)),
        "Sora": _Family("fonts-sora", ("Sora-Light.otf", "Sora-Bold.otf")),
    },
    "calibration": {
        "Cantarell": _Family("fonts-cantarell", ("Cantarell-Regular.otf", "Cantarell-ExtraBold.otf")),
        "Dustismo Roman": _Family("fonts-dustin", ("Dustismo_Roman.ttf", "Dustismo_Roman_Bold.ttf")),
        "GFS Artemisia": _Family("fonts-gfs-artemisia", ("GFSArtemisia.otf", "GFSArtemisiaBold.otf")),
        "Karla": _Family("fonts-karla", ("Karla-Regular.otf", "Karla-Bold.otf")),
        "Mononoki": _Family("fonts-mononoki", ("mononoki-Regular.ttf", "mononoki-Bold.ttf")),
    },
    "test": {
        "Agave": _Family("fonts-agave", ("agave-r-autohinted.ttf", "agave-b-autohinted.ttf")),
        "Anonymous Pro": _Family("fonts-anonymous-pro", ("Anonymous Pro.ttf", "Anonymous Pro B.ttf")),
        "Clear Sans": _Family(
            "fonts-clear-sans", ("ClearSans-Regular.ttf", "ClearSans-Bold.ttf", "ClearSans-Light.ttf")
        ),
        "GFS Didot": _Family("fonts-gfs-didot", ("GFSDidot.otf", "GFSDidotBold.otf")),
        "Go": _Family("fonts-go", ("Go-Regular.ttf", "Go-Bold.ttf", "Go-Mono.ttf")),
        "Junicode": _Family(
            "fonts-junicode",
            ("JunicodeTwoBeta-Regular.otf", "JunicodeTwoBeta-Bold.otf", "JunicodeTwoBeta-Condensed.otf"),
        ),
        "League Spartan": _Family("fonts-league-spartan", ("LeagueSpartan-Regular.otf", "LeagueSpartan-Bold.otf")),
        "M+ 1": _Family("fonts-mplus", ("Mplus1-Regular.otf", "Mplus1-Black.otf")),
        "OSP-DIN": _Family("fonts-opendin", ("OSP-DIN.ttf",)),
        "Tribun": _Family(
            "fonts-adf-tribun", ("TribunADFStd-Regular.otf", "TribunADFStd-Bold.otf", "TribunADFStd-Cond.otf")
        ),
        "Tuffy": _Family("fonts-tuffy", ("tuffy_regular.ttf", "tuffy_bold.ttf", "tuffy_italic.ttf")),
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
