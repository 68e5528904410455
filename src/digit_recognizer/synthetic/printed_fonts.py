"""The fonts that printed digits are drawn from: which families train a network, and which it has never seen.

Designs drawn after one another stand in one split, such as URW Courier and Courier Prime. Fonts whose digits are
old-style (some as small as an x, some hanging below the line) are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from digit_recognizer.synthetic.fonts import FONTS_FOLDER, located


@dataclass(frozen=True)
class Family:
    """One design of digits, in some weights and widths."""

    package: str  # Debian's
    files: tuple[str, ...]


FAMILIES: dict[str, dict[str, Family]] = {
    "train": {
        "Allerta": Family("fonts-allerta", ("allerta_medium.otf",)),
        "Andika": Family("fonts-sil-andika", ("Andika-Regular.ttf", "Andika-Bold.ttf", "Andika-Italic.ttf")),
        "Arapey": Family("fonts-arapey", ("Arapey-Regular.otf", "Arapey-Black.otf")),
        "Averia Serif": Family(
            "fonts-averia-serif-gwf",
            ("AveriaSerifGWF-Light.ttf", "AveriaSerifGWF-Bold.ttf", "AveriaSerifGWF-Italic.ttf"),
        ),
        "B612": Family("fonts-b612", ("B612-Regular.otf", "B612-Bold.otf", "B612Mono-Regular.otf")),
        "Baekmuk": Family("fonts-baekmuk", ("batang.ttf", "dotum.ttf", "hline.ttf")),
        "Baskervald": Family("fonts-adf-baskervald", ("BaskervaldADFStd.otf", "BaskervaldADFStd-Heavy.otf")),
        "Bebas Neue": Family("fonts-bebas-neue", ("BebasNeue-Book.otf", "BebasNeue-Regular.otf", "BebasNeue-Bold.otf")),
        "Caliban": Family("fonts-georgewilliams", ("Caliban.ttf",)),
        "Caslon": Family("fonts-georgewilliams", ("CaslonRoman.ttf",)),
        "Charis SIL": Family(
            "fonts-sil-charis", ("CharisSIL-Regular.ttf", "CharisSIL-Bold.ttf", "CharisSIL-Italic.ttf")
        ),
        "Comfortaa": Family("fonts-comfortaa", ("Comfortaa-Light.ttf", "Comfortaa-Regular.ttf", "Comfortaa-Bold.ttf")),
        "Compagnon": Family("fonts-compagnon", ("Compagnon-Light.otf", "Compagnon-Roman.otf")),
        "Computer Modern": Family("fonts-cmu", ("cmunrm.ttf", "cmunbx.ttf", "cmunss.ttf", "cmuntt.ttf")),
        "Courier Prime": Family("fonts-courier-prime", ("Courier Prime.otf", "Courier Prime Bold.otf")),
        "DSEG7": Family(
            "fonts-dseg", ("DSEG7Classic-Regular.ttf", "DSEG7Classic-BoldItalic.ttf", "DSEG7Modern-Bold.ttf")
        ),
        "DejaVu Sans": Family("fonts-dejavu-core", ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")),
        "DejaVu Sans Mono": Family("fonts-dejavu-core", ("DejaVuSansMono.ttf", "DejaVuSansMono-Bold.ttf")),
        "DejaVu Serif": Family("fonts-dejavu-core", ("DejaVuSerif.ttf", "DejaVuSerif-Bold.ttf")),
        "Dosis": Family("fonts-dosis", ("Dosis-Book.otf", "Dosis-Bold.otf")),
        "Fantasque Sans Mono": Family(
            "fonts-fantasque-sans", ("FantasqueSansMono-Regular.otf", "FantasqueSansMono-Bold.otf")
        ),
        "GFS Neohellenic": Family("fonts-gfs-neohellenic", ("GFSNeohellenic.otf", "GFSNeohellenicBold.otf")),
        "Garuda": Family("fonts-thai-tlwg-ttf", ("Garuda.ttf", "Garuda-Bold.ttf")),
        "Gayathri": Family("fonts-smc-gayathri", ("Gayathri-Regular.otf", "Gayathri-Bold.otf")),
        "Gemunu Libre": Family("fonts-gemunu-libre", ("GemunuLibre-Regular.otf", "GemunuLibre-Bold.otf")),
        "Gentium": Family("fonts-sil-gentium", ("Gentium-R.ttf", "Gentium-I.ttf")),
        "Gillius": Family(
            "fonts-adf-gillius", ("GilliusADF-Regular.otf", "GilliusADF-Bold.otf", "GilliusADF-BoldCond.otf")
        ),
        "Hermit": Family("fonts-hermit", ("Hermit-light.otf", "Hermit-bold.otf")),
        "IPA Gothic": Family("fonts-ipafont-gothic", ("ipag.ttf",)),
        "IPA Mincho": Family("fonts-ipafont-mincho", ("ipam.ttf",)),
        "Ikarius": Family("fonts-adf-ikarius", ("IkariusADFStd-Regular.otf", "IkariusADFStd-Bold.otf")),
        "Inconsolata": Family("fonts-inconsolata", ("Inconsolata.otf",)),
        "Inter": Family("fonts-inter", ("Inter-Light.otf", "Inter-Medium.otf", "Inter-Black.otf")),
        "JetBrains Mono": Family("fonts-jetbrains-mono", ("JetBrainsMono-Regular.ttf", "JetBrainsMono-ExtraBold.ttf")),
        "Jura": Family("fonts-jura", ("Jura-Regular.otf", "Jura-Bold.otf")),
        "Kinnari": Family("fonts-thai-tlwg-ttf", ("Kinnari.ttf", "Kinnari-Bold.ttf")),
        "Laksaman": Family("fonts-thai-tlwg-ttf", ("Laksaman.ttf", "Laksaman-Bold.ttf")),
        "Lato": Family("fonts-lato", ("Lato-Light.ttf", "Lato-Regular.ttf", "Lato-Black.ttf", "Lato-Italic.ttf")),
        "League Mono": Family("fonts-league-mono", ("LeagueMono-Regular.otf", "LeagueMono-Bold.otf")),
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
        "Manjari": Family("fonts-smc-manjari", ("Manjari-Regular.otf", "Manjari-Bold.otf")),
        "Manrope": Family("fonts-manrope", ("Manrope-Light.ttf", "Manrope-Bold.ttf")),
        "Mekanus": Family("fonts-adf-mekanus", ("MekanusADFStd-Regular.otf", "MekanusADFStd-Bold.otf")),
        "Monoid": Family("fonts-monoid", ("Monoid-Regular.ttf", "Monoid-Bold.ttf")),
        "Nanum Gothic": Family("fonts-nanum", ("NanumGothic.ttf", "NanumGothicBold.ttf")),
        "Nanum Myeongjo": Family("fonts-nanum", ("NanumMyeongjo.ttf", "NanumMyeongjoBold.ttf")),
        "National Park": Family("fonts-national-park", ("NationalPark-Regular.otf", "NationalPark-Heavy.otf")),
        "Norasi": Family("fonts-thai-tlwg-ttf", ("Norasi.ttf", "Norasi-Bold.ttf")),
        "Noto Sans": Family("fonts-noto-core", ("NotoSans-Regular.ttf", "NotoSans-Bold.ttf")),
        "Noto Serif": Family(
            "fonts-noto-core", ("NotoSerif-Regular.ttf", "NotoSerif-Bold.ttf", "NotoSerif-Italic.ttf")
        ),
        "Noto Serif Display": Family("fonts-noto-core", ("NotoSerifDisplay-Regular.ttf", "NotoSerifDisplay-Bold.ttf")),
        "OCR-A": Family("fonts-ocr-a", ("OCRA.ttf", "OCRABold.ttf")),
        "OCR-B": Family("fonts-ocr-b", ("OCRB.otf",)),
        "Okolaks": Family("fonts-okolaks", ("okolaksRegular.ttf", "okolaksBold.ttf")),
        "Old Standard": Family("fonts-oldstandard", ("OldStandard-Regular.ttf", "OldStandard-Bold.ttf")),
        "Open Sans": Family(
            "fonts-open-sans",
            ("OpenSans-Light.ttf", "OpenSans-Regular.ttf", "OpenSans-CondLight.ttf", "OpenSans-CondBold.ttf"),
        ),
        "OpenDyslexic": Family("fonts-opendyslexic", ("OpenDyslexic-Regular.otf", "OpenDyslexic-Bold.otf")),
        "Oxygen": Family("fonts-oxygen", ("Oxygen-Sans.ttf", "Oxygen-Sans-Bold.ttf")),
        "PT": Family("fonts-paratype", ("PTS55F.ttf", "PTN77F.ttf", "PTF55F.ttf", "PTF75F.ttf", "PTM55F.ttf")),
        "Play": Family("fonts-play", ("Play-Regular.otf", "Play-Bold.otf")),
        "Purisa": Family("fonts-thai-tlwg-ttf", ("Purisa.ttf",)),
        "Quicksand": Family("fonts-quicksand", ("Quicksand-Regular.ttf", "Quicksand-Bold.ttf")),
        "Roadgeek": Family("fonts-roadgeek", ("RG2014B.ttf", "RG2014D.ttf", "RG2014F.ttf")),
        "Roboto": Family(
            "fonts-roboto-unhinted",
            (
                *("Roboto-Light.ttf", "Roboto-Regular.ttf", "Roboto-Black.ttf", "Roboto-Italic.ttf"),
                *("RobotoCondensed-Regular.ttf", "RobotoCondensed-Bold.ttf"),
            ),
        ),
        "Roboto Slab": Family("fonts-roboto-slab", ("RobotoSlab-Regular.otf", "RobotoSlab-Bold.otf")),
        "Routed Gothic": Family("fonts-routed-gothic", ("routed-gothic.ttf", "routed-gothic-narrow.ttf")),
        "STIX": Family("fonts-stix", ("STIXGeneral-Regular.otf", "STIXGeneral-Bold.otf")),
        "Sawasdee": Family("fonts-thai-tlwg-ttf", ("Sawasdee.ttf", "Sawasdee-Bold.ttf")),
        "Switzera": Family(
            "fonts-adf-switzera", ("SwitzeraADF-Regular.otf", "SwitzeraADF-Bold.otf", "SwitzeraADF-Cond.otf")
        ),
        "Tiresias": Family("fonts-tiresias", ("tiresias_infofont.ttf", "tiresias_signfont.ttf", "tiresias_pcfont.ttf")),
        "Typewriter": Family("fonts-thai-tlwg-ttf", ("TlwgTypewriter.ttf", "TlwgTypewriter-Bold.ttf")),
        "URW Avant Garde": Family("fonts-urw-base35", ("URWGothic-Book.otf", "URWGothic-Demi.otf")),
        "URW Bookman": Family("fonts-urw-base35", ("URWBookman-Light.otf", "URWBookman-Demi.otf")),
        "URW Century Schoolbook": Family("fonts-urw-base35", ("C059-Roman.otf", "C059-Bold.otf", "C059-Italic.otf")),
        "URW Courier": Family("fonts-urw-base35", ("NimbusMonoPS-Regular.otf", "NimbusMonoPS-Bold.otf")),
        "URW Palatino": Family("fonts-urw-base35", ("P052-Roman.otf", "P052-Bold.otf", "P052-Italic.otf")),
        "Ubuntu Title": Family("fonts-ubuntu-title", ("Ubuntu-Title.ttf",)),
        "Umpush": Family("fonts-thai-tlwg-ttf", ("Umpush.ttf", "Umpush-Bold.ttf")),
        "Un Batang": Family("fonts-unfonts-core", ("UnBatang.ttf", "UnBatangBold.ttf")),
        "Un Dotum": Family("fonts-unfonts-core", ("UnDotum.ttf", "UnDotumBold.ttf")),
        "Un Graphic": Family("fonts-unfonts-core", ("UnGraphic.ttf",)),
        "Universalis": Family(
            "fonts-adf-universalis",
            ("UniversalisADFStd-Regular.otf", "UniversalisADFStd-Bold.otf", "UniversalisADFStd-Cond.otf"),
        ),
        "Verana": Family("fonts-adf-verana", ("Verana-Regular.otf", "VeranaSans-Regular.otf", "VeranaSans-Bold.otf")),
        "Yrsa": Family("fonts-yrsa-rasa", ("Yrsa-Regular.ttf", "Yrsa-Bold.ttf")),
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
