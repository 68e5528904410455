"""The sets that are known by name, and the one way to load any of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from digit_recognizer.data.cache import damaged, default_data_dir
from digit_recognizer.data.folder import load_folder
from digit_recognizer.data.idx_sets import inside_folder, is_packed_here, load_idx_set
from digit_recognizer.data.idx_specs import FASHION_MNIST, MNIST, OTHERS
from digit_recognizer.data.medmnist import MEDMNIST, SMALLEST, load_medmnist
from digit_recognizer.data.pixel_tables import load_pixels
from digit_recognizer.data.printed import MIXED, PRINTED, load_mixed, load_printed
from digit_recognizer.data.readable import ReadableSplits
from digit_recognizer.data.spec import Dataset, DatasetSpec
from digit_recognizer.data.table import load_table
from digit_recognizer.errors import ConfigError, DataError, nearest, require_extra
from digit_recognizer.images import Preprocess
from digit_recognizer.sources import is_archive
from digit_recognizer.synthetic.fonts import FONTS_FOLDER
from digit_recognizer.tables.folders import read_folder, tables_in
from digit_recognizer.tables.packed import bare_name
from digit_recognizer.tables.reading import LISTED, check_packed, is_packed_table, read_tables, split_keys

SPECS = {spec.name: spec for spec in (MNIST, FASHION_MNIST, *OTHERS, PRINTED, MIXED)} | MEDMNIST
# Those that a list for people names: each MedMNIST set once, whatever its sizes.
NAMES = [name for name, spec in SPECS.items() if name not in MEDMNIST or spec.size == SMALLEST]


_PICKLED = (".pkl", ".pickle", ".pt", ".pth", ".joblib")


@dataclass(frozen=True)
class Listing:
    """One row of `digits data`."""

    spec: DatasetSpec
    place: Path
    # "verified", "here, not verified" (no hash was published), "damaged", "not here", "not unpacked yet" or "drawn when
    # loaded"
    state: str


def load_dataset(
    name: str | Path,
    data_dir: str | Path | None = None,
    preprocess: Preprocess | None = None,
    unverified: str | Path | None = None,
    positive: str | None = None,
    keep_ids: bool = False,
) -> Dataset:
    """A data set by name ("mnist", "fashion-mnist", "kmnist", "qmnist", "emnist-letters", "printed", "mixed"...;
    MedMNIST's, "breastmnist" of 28 pixels, "breastmnist-64" of 64, 128 or 224), from a folder of class folders or an
    archive of one (zip, tar), from a CSV file of pictures, labels and patients, or from a table of pixels: CSV
    (label,pixel0..), IDX, npz, MATLAB, HDF5 or Parquet, or a folder of these. Of a file with several arrays,
    "set.npz[pictures,labels]" names those that are meant.

    data_dir: where named sets are kept; the user's cache folder unless given.
    unverified: a file that stands in for that of a MedMNIST set, although it is not the published one.
    positive: which of two classes is looked for, where the set does not declare it.
    preprocess: how pictures of a folder, or printed digits, are brought to the network's form (a model's own, when one
        is measured).
    keep_ids: call DICOM files of a folder or a CSV by their own names, which may be those of patients.
    Pictures on disk that cannot be read are left out, with a warning, when their split is first asked for.
    Raises DataError for an unknown name, and for a set that is absent or damaged.
    """
    require_extra("train", "Loading a data set")
    given = {"data_dir": data_dir, "unverified": unverified}
    place = {key: str(Path(value).resolve()) for key, value in given.items() if value}
    places = {key: Path(value) for key, value in place.items()}
    known = str(name) if str(name) in SPECS else str(Path(name).resolve())
    form = preprocess or Preprocess()
    dataset = _find_dataset(str(name), places.get("data_dir"), form, places.get("unverified"), keep_ids)
    if positive is not None:
        dataset, place = dataset.looking_for(positive), place | {"positive": positive}
    return replace(dataset, splits=ReadableSplits(dataset.splits, dataset.spec.classes), place={"name": known, **place})


def _find_dataset(
    name: str, data_dir: Path | None, preprocess: Preprocess, unverified: Path | None, keep_ids: bool
) -> Dataset:
    """The set behind a name, in a folder or in a table."""
    if unverified and name not in MEDMNIST:
        raise ConfigError(f"An unverified file replaces that of a MedMNIST set, and {name!r} is not one of these.")
    if name in MEDMNIST:
        return load_medmnist(MEDMNIST[name], data_dir, unverified)
    if name == PRINTED.name:
        return load_printed(preprocess)
    if name == MIXED.name:
        return load_mixed(data_dir, preprocess)
    if name in SPECS:
        return load_idx_set(SPECS[name], data_dir)
    return _find_on_disk(name, preprocess, keep_ids)


def _find_on_disk(name: str, preprocess: Preprocess, keep_ids: bool) -> Dataset:
    """The set in someone's own folder, archive or table."""
    place = Path(name)
    files = tables_in(place) if place.is_dir() else []
    parts = read_folder(files) if files else None
    if parts is None and (place.is_dir() or (is_archive(name) and place.is_file() and not is_packed_table(place))):
        check_packed(place)
        return load_folder(place, preprocess, keep_ids)
    parts = parts or read_tables(name)
    if parts is not None:
        return load_pixels(name, parts, preprocess)
    if bare_name(place).endswith((".csv", ".tsv")) and place.exists():
        return load_table(place, preprocess, keep_ids)
    if bare_name(place).endswith(_PICKLED) and place.exists():
        raise DataError(
            f"{name}: may contain a pickle. Pickles are never read, because they can run code. Save its arrays with"
            " numpy.savez('set.npz', images=..., labels=...)."
        )
    if Path(split_keys(name)[0]).exists():
        raise DataError(
            f"{name}: is neither an archive that is read (.zip, .tar, .tar.gz, .tar.bz2, .tar.xz, .tar.zst; unpack any"
            f" other and name its folder) nor a table of pictures that is known: {LISTED}, or a CSV of file names and"
            " labels."
        )
    parts_of = [each for each in NAMES if each.startswith(f"{name}-")]
    if parts_of:
        raise DataError(f"{name!r} is a group of several sets. Name one of them: {', '.join(parts_of)}.")
    raise DataError(f"{name!r} is neither a known data set nor a folder, archive or table.{nearest(name, NAMES)}")


def list_datasets(data_dir: str | Path | None = None) -> list[Listing]:
    """The known sets (MedMNIST's in their smallest size), where they lie, and whether their files are the published."""
    return [listing(SPECS[name], Path(data_dir) if data_dir else default_data_dir()) for name in NAMES]


def listing(spec: DatasetSpec, data_dir: Path) -> Listing:
    if spec in (PRINTED, MIXED):
        return Listing(spec, FONTS_FOLDER, "drawn when loaded" if has_fonts() else "not here")
    place = data_dir if spec.name in MEDMNIST else data_dir / inside_folder(spec)
    present = [name for name in (*spec.sha256, *spec.md5, *spec.files) if (place / name).exists()]
    if not present:
        state = "not unpacked yet" if is_packed_here(spec) else "not here"
    else:
        state = "damaged" if damaged(spec, place) else "here, not verified" if spec.files else "verified"
    return Listing(spec, place, state)


def has_fonts() -> bool:
    """Whether the fonts of printed digits are installed."""
    from digit_recognizer.synthetic.printed_fonts import find_families

    try:
        find_families()
    except DataError:
        return False
    return True
