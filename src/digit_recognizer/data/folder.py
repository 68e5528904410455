"""A folder or archive of class folders (torchvision's ImageFolder layout) as a data set: its classes and splits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from digit_recognizer.data.cache import warn
from digit_recognizer.data.class_names import in_order
from digit_recognizer.data.own_set import own_set
from digit_recognizer.data.patients import check_apart, dicom_patients, has_dicom, numbered, split_of
from digit_recognizer.data.pictures import FolderSplit, content_hash, sampled
from digit_recognizer.data.spec import PATIENT, SPLITS, Dataset, Split
from digit_recognizer.errors import DataError
from digit_recognizer.images import Preprocess, page_names, shown_name
from digit_recognizer.sources import Tally, files_of, unpacked
from digit_recognizer.sources.kinds import PICTURE, is_hidden
from digit_recognizer.tables.columns import SPLIT_NAMES

_SPLITS_ARE = "A split is a folder called train, validation, calibration or test that holds the class folders."


def load_folder(place: Path, preprocess: Preprocess, keep_ids: bool = False) -> Dataset:
    """A folder of class folders, or of train / validation / calibration / test folders of class folders; or an archive
    of one, which is unpacked.

    An unsplit folder is split by the content of each file, so that equal pictures never stand in two splits and a new
    picture moves no other; its split "all" is the whole of it. DICOM files that state their patients are split by
    these. A warning counts what is left out. keep_ids: as for load_dataset.
    """
    tally = Tally()
    folder = _inner_folder(unpacked(place, tally)) if place.is_file() else _inner_folder(place, splits=True)
    if place.is_file() and not tally.taken:
        raise DataError(f"{tally.line(str(place))}: it holds no pictures in class folders.")
    split_folders = _find_split_folders(folder, place)
    classes = class_names(split_folders.get("train", next(iter(split_folders.values()))) if split_folders else folder)
    depth = 2 if split_folders else 1
    # An archive's are counted as they come out.
    files = files_of(folder, Tally()) if place.is_file() else files_of(place, tally)
    found = _pictures_by_folder(folder, files, depth, tally)
    if tally.left_out:
        warn(tally.line(str(place)))
    preprocess = preprocess.for_pictures(
        sampled([file for each in found.values() for file in each], preprocess, keep_ids)
    )
    if split_folders:
        parts = {
            name: _one_folder(inside, [(inside.name, each) for each in classes], found, preprocess, keep_ids)
            for name, inside in split_folders.items()
        }
        splits: dict[str, Split] = {**_with_patients(place, parts)}
    else:
        splits = _by_hash(_one_folder(folder, [(each,) for each in classes], found, preprocess, keep_ids))
    clinical = any(isinstance(split, FolderSplit) and has_dicom(split.files) for split in splits.values())
    name = place.name or str(place)
    return own_set(place, name, f"pictures in {place}", classes, preprocess, splits, clinical=clinical)


def _inner_folder(folder: Path, splits: bool = False) -> Path:
    """The folder in which there is more than one folder: many archives hold a single one at the top. No link is
    followed.

    splits: whether a single one that is called as a split is that split, and not entered.
    """
    inside = _subfolders(folder)
    while len(inside) == 1 and not inside[0].is_symlink() and _subfolders(inside[0]):
        if splits and inside[0].name.lower() in SPLIT_NAMES:
            break
        folder, inside = inside[0], _subfolders(inside[0])
    return folder


def _find_split_folders(folder: Path, place: Path) -> dict[str, Path]:
    """The folder of each split; none where the folders are classes. place: what an error calls the folder.

    A folder called as a split is one where folders stand in it, and a class otherwise. Raises DataError where others
    stand beside splits, since then nobody can tell which are meant.
    """
    inside = _subfolders(folder)
    called = [each for each in inside if each.name.lower() in SPLIT_NAMES]
    splits = [each for each in called if _subfolders(each)]
    others = [each for each in inside if each not in splits]
    if splits and others:
        raise DataError(
            f"{place}: holds splits ({named(splits)}) and also {named(others)}. {_SPLITS_ARE} Move other folders"
            " away, or all classes into one folder."
        )
    if not splits and len(called) > 1:
        raise DataError(f"{place}: holds {named(called)}, without class folders inside. {_SPLITS_ARE}")
    found = {SPLIT_NAMES[each.name.lower()]: each for each in splits}
    if len(found) < len(splits):
        raise DataError(f"{place}: has two folders for one split ({named(splits)}). Join them.")
    return found


def named(folders: Sequence[Path]) -> str:
    """Folders by their names."""
    return ", ".join(repr(each.name) for each in folders)


def _subfolders(folder: Path) -> list[Path]:
    """The folders in `folder` that no program hides there, by name. Raises DataError where it can't be listed."""
    try:
        return sorted(p for p in folder.iterdir() if p.is_dir() and not is_hidden(p.name))
    except OSError as error:
        why = f"can't be listed ({error.strerror}). Check the name and its permissions."
        raise DataError(f"{shown_name(folder)}: {why}") from error


def class_names(folder: Path) -> tuple[str, ...]:
    """The class folders' names in their natural order (2 before 10); raises DataError for fewer than two."""
    names = in_order(p.name for p in _subfolders(folder))
    if len(names) < 2:
        held = f"only the class folder {names[0]!r}" if names else "no class folders"
        raise DataError(
            f"{shown_name(folder)}: holds {held}. Give each class a folder named after it, with its pictures inside."
        )
    return names


def _pictures_by_folder(
    folder: Path, files: Iterable[Path], depth: int, tally: Tally
) -> dict[tuple[str, ...], list[Path]]:
    """The files below each folder of a depth (1: those in `folder`), in the order of torchvision's ImageFolder.

    A file of several pages is given as its pages. Keys: the names of the folders on the way, from the top.
    """
    found: dict[tuple[str, ...], list[Path]] = {}
    for file in files:
        above = file.relative_to(folder).parts[:-1] if file.is_relative_to(folder) else ()
        if len(above) < depth:
            tally.taken[PICTURE] -= 1
            tally.left_out["picture outside the class folders"] += 1
        else:
            found.setdefault(above[:depth], []).append(file)
    for several in found.values():
        several.sort(key=lambda file: (str(file.parent), file.name))
    return {key: [Path(page) for file in several for page in page_names(str(file))] for key, several in found.items()}


def _one_folder(
    folder: Path,
    keys: Sequence[tuple[str, ...]],
    found: Mapping[tuple[str, ...], list[Path]],
    preprocess: Preprocess,
    keep_ids: bool,
) -> FolderSplit:
    """All pictures of one folder of class folders. keys: of each class in `found`."""
    unknown = sorted({p.name for p in _subfolders(folder)} - {key[-1] for key in keys})
    if unknown:
        raise DataError(f"{shown_name(folder)}: has the class {unknown[0]!r}, which the training folder lacks.")
    pairs = [(file, label) for label, key in enumerate(keys) for file in found.get(key, ())]
    if not pairs:
        raise DataError(f"{shown_name(folder)}: holds no pictures in its class folders.")
    labels = np.array([label for _, label in pairs], dtype=np.int64)
    return FolderSplit(tuple(file for file, _ in pairs), labels, preprocess, keep_ids=keep_ids)


def _with_patients(folder: Path, parts: dict[str, FolderSplit]) -> dict[str, FolderSplit]:
    """Splits that someone made, with the patients that DICOM files state. Raises DataError for one in two of them."""
    patients = dicom_patients([file for part in parts.values() for file in part.files])
    if patients is None:
        return parts
    numbers, names = numbered(patients), np.repeat(list(parts), [len(part) for part in parts.values()])
    check_apart(folder, numbers, names)
    return {name: replace(part, columns={PATIENT: numbers[names == name]}) for name, part in parts.items()}


def _by_hash(whole: FolderSplit) -> dict[str, Split]:
    """An unsplit folder's pictures dealt to the splits by the SHA-256 of their patients, or else of their content."""
    patients = dicom_patients(whole.files)
    if patients:
        whole = replace(whole, columns={PATIENT: numbered(patients)})
    names = np.array([split_of(key) for key in patients or map(content_hash, whole.files)], np.str_)
    splits: dict[str, Split] = {"all": whole}
    for name in SPLITS:
        chosen = np.flatnonzero(names == name)
        if len(chosen):
            splits[name] = whole.chosen(chosen)
    return splits
