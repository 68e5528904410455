"""One walk of folders and archives: what is a picture is taken once, all else is counted, whatever asks."""

from __future__ import annotations

import io
import json
import os
import re
import tarfile
import tempfile
import warnings
import zipfile
from collections import Counter
from pathlib import Path

import fsspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from torchvision.datasets import ImageFolder

from digit_recognizer.data import load_dataset
from digit_recognizer.data.folder import load_folder
from digit_recognizer.data.pictures import FolderSplit
from digit_recognizer.errors import DataError, DigitRecognizerWarning, MissingExtraError
from digit_recognizer.images import Preprocess, read_picture, shown_name
from digit_recognizer.images.formats import SUFFIXES
from digit_recognizer.scoring import score
from digit_recognizer.scoring.inputs import inputs
from digit_recognizer.scoring.shards import find_shards
from digit_recognizer.sources import Tally, files_of
from digit_recognizer.sources.kinds import DOCUMENT, PICTURE
from digit_recognizer.training import train
from examples import examples
from helpers_cli import digits, is_complaint
from platforms import posix
from scoring_files import rows_in, scored
from source_files import PACKINGS, packed, picture, spread

SET = {f"{name}/{number}.png": picture(100 * place + number) for place, name in enumerate("ab") for number in range(8)}
CLUTTER = {
    "a/._0.png": b"\0\5\26\7 resource fork",
    "a/.ipynb_checkpoints/0-checkpoint.png": picture(900),
    "b/__MACOSX/b/0.png": picture(901),
    "b/@eaDir/0.png": picture(902),
    "b/Thumbs.db": b"thumbs",
    ".DS_Store": b"finder",
    "a/notes.txt": b"words",
    "a/more.zip": b"PK",
    "b/table.csv": b"x,y",
    "b/scan.Jane Doe": b"no picture",
    "loose.png": picture(903),
}
LEFT_OUT = "hidden: 6, .txt: 1, archive: 1, .csv: 1, of another kind: 1, picture outside the class folders: 1"
# Other than Pillow's: EPS and WMF need other programs, MPEG and GRIB, BUFR and HDF5 give no pixels; IPTC holds others.
NOT_READ = {*[".im", ".eps", ".ps", ".wmf", ".emf", ".mpg", ".mpeg", ".grib", ".bufr", ".h5", ".hdf", ".iim"]}


def taken(place: Path, **more: tuple[str, ...]) -> tuple[list[str], Tally]:
    """The files taken, as they are shown without their root, and the counts."""
    tally = Tally()
    found = [shown_name(path).replace("\\", "/") for path in files_of(place, tally, **more)]
    root = place.name if place.is_file() else str(place)
    return sorted(name.removeprefix(f"{root}/") for name in found), tally


def test_every_suffix_that_pillow_opens_is_taken() -> None:
    Image.init()
    opened = {suffix for suffix, name in Image.registered_extensions().items() if name in Image.OPEN}
    assert opened - NOT_READ <= set(SUFFIXES)
    assert not NOT_READ & set(SUFFIXES)


@pytest.mark.parametrize(
    ("suffix", "kind"),
    [
        (".jfif", "JPEG"), (".jpe", "JPEG"), (".pgm", "PPM"), (".jp2", "JPEG2000"), (".avif", "AVIF"), (".tga", "TGA"),
        (".ico", "ICO"), (".pcx", "PCX"), (".sgi", "SGI"), (".qoi", "QOI"), ("", "PNG"),
        (".dat", "TIFF"),
    ],
)  # fmt: skip
def test_pictures_of_every_kind_are_read(tmp_path: Path, suffix: str, kind: str) -> None:
    Image.init()
    if kind not in Image.SAVE:
        pytest.skip(f"this Pillow does not write {kind}")
    image = Image.open(io.BytesIO(picture(3))).convert("RGB" if kind in ("QOI", "AVIF") else "L")
    image.save(tmp_path / f"x{suffix}", kind)
    assert taken(tmp_path)[0] == [f"x{suffix}"]
    assert abs(read_picture(tmp_path / f"x{suffix}").astype(int).mean() - read_picture(image).mean()) < 3


def test_a_file_is_what_its_bytes_are(tmp_path: Path) -> None:
    files = {"photo": picture(1), "words": b"P5 is a pupil", "BMW.notes": b"BM is two letters", "report": b"%PDF-1.7 "}
    names, tally = taken(spread(tmp_path, files), wanted=(PICTURE, DOCUMENT))
    assert names == ["photo", "report"]
    assert tally.line("x") == "x: 1 picture, 1 PDF taken, 2 left out (of another kind: 2)"


@pytest.mark.parametrize("packing", ["", *PACKINGS])
def test_folders_and_archives_give_the_same_set(tmp_path: Path, packing: str) -> None:
    files = SET | CLUTTER
    if packing:
        place = packed(tmp_path / f"set{packing}", {f"top/{name}": content for name, content in files.items()})
    else:
        place = spread(tmp_path / "set", files)
    with pytest.warns(DigitRecognizerWarning) as told:
        dataset = load_dataset(place)
    assert dataset.spec.classes == ("a", "b")
    whole = dataset.split("all")
    assert isinstance(whole, FolderSplit)
    assert sorted(name.replace("\\", "/").split("/", 1)[-1][-7:] for name in whole.names()) == sorted(
        f"/{name}" if len(name) < 7 else name for name in SET
    )
    assert whole.sha256 == load_dataset(spread(tmp_path / "clean", SET)).split("all").sha256
    (warning,) = told
    counts = str(warning.message).partition(" taken, 11 left out (")[2].rstrip(")")
    assert sorted(counts.split(", ")) == sorted(LEFT_OUT.split(", "))


@examples(10)
@given(st.dictionaries(st.text("abc/", min_size=1, max_size=6), st.integers(0, 999), max_size=8))
def test_the_order_is_that_of_image_folder(made: dict[str, int]) -> None:
    files = {f"{key[0]}/{key.strip('/')}_{n}.png".replace("//", "/"): picture(n) for key, n in made.items()}
    files |= {"a/0.png": picture(0), "b/0.png": picture(1)}
    with tempfile.TemporaryDirectory() as place:
        folder = spread(Path(place), {name.lstrip("/"): content for name, content in files.items()})
        try:
            expected = ImageFolder(folder).samples
        except FileNotFoundError:  # a class without pictures of its own
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DigitRecognizerWarning)
            whole = load_dataset(folder).split("all")
        assert isinstance(whole, FolderSplit)
        assert [str(file) for file in whole.files] == [path for path, _ in expected]
        assert whole.labels.tolist() == [label for _, label in expected]


@posix("links that every user may make")
def test_links_are_followed_once_and_loops_are_cut(tmp_path: Path) -> None:
    folder = spread(tmp_path / "set", SET)
    elsewhere = spread(tmp_path / "elsewhere", {"deep/8.png": picture(8), "deep/er/9.png": picture(9)})
    (folder / "a" / "one").symlink_to(elsewhere)
    (folder / "a" / "two").symlink_to(elsewhere / "deep")  # inside what `one` holds
    (elsewhere / "deep" / "up").symlink_to(elsewhere)
    (folder / "b" / "loop").symlink_to(folder / "b")
    (folder / "b" / "above").symlink_to(tmp_path)
    (folder / "b" / "other class").symlink_to(folder / "a")
    (folder / "b" / "gone.png").symlink_to(tmp_path / "gone.png")
    (folder / "b" / "named.png").symlink_to(elsewhere / "deep" / "8.png")
    os.mkfifo(folder / "b" / "pipe.png")
    names, tally = taken(folder)
    assert names == sorted([*SET, "a/one/deep/8.png", "a/one/deep/er/9.png", "b/named.png"])
    assert dict(tally.left_out) == {
        "broken link": 1,
        "pipe or device": 1,
        "link to a folder around this one": 1,
        "link to a folder that was read already": 4,
    }


def test_a_folder_that_may_not_be_read_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = spread(tmp_path, SET | {"a/closed/9.png": picture(9)}) / "a" / "closed"
    real = os.scandir

    def scandir(place: str | int) -> object:  # the tests may run as root, who may read everything
        if not isinstance(place, int) and Path(place) == closed:  # numbers: pytest deletes its folders
            raise PermissionError(13, "Permission denied")
        return real(place)

    monkeypatch.setattr("os.scandir", scandir)
    assert taken(tmp_path)[1].left_out == {"folder without permission": 1}
    with pytest.raises(DataError, match="can't be listed"):
        taken(closed)


@posix("links that every user may make")
def test_class_folders_that_are_links_are_classes(tmp_path: Path) -> None:
    spread(tmp_path / "real", SET)
    (tmp_path / "set").mkdir()
    for name in "ab":
        (tmp_path / "set" / name).symlink_to(tmp_path / "real" / name)
    assert load_dataset(tmp_path / "set").split("all").labels.tolist() == [0] * 8 + [1] * 8


@pytest.mark.parametrize("beside", ["sample/a/0.png", "sample/0.png", "test1/0.png", "empty/"])
def test_folders_beside_splits_are_named_and_refused(tmp_path: Path, beside: str) -> None:
    spread(tmp_path, {f"{split}/{name}": content for split in ("train", "test") for name, content in SET.items()})
    (tmp_path / beside).parent.mkdir(parents=True, exist_ok=True)
    if beside.endswith("png"):
        (tmp_path / beside).write_bytes(picture(5))
    else:
        (tmp_path / beside).mkdir()
    with pytest.raises(DataError, match=rf"splits \('test', 'train'\) and also '{beside.split('/')[0]}'"):
        load_dataset(tmp_path)


def test_what_programs_leave_beside_splits_does_no_harm(tmp_path: Path) -> None:
    spread(tmp_path, {f"{split}/{name}": content for split in ("train", "test") for name, content in SET.items()})
    (tmp_path / "__MACOSX").mkdir()
    spread(tmp_path, {"train/.ipynb_checkpoints/a/0.png": picture(5)})
    with pytest.warns(DigitRecognizerWarning, match="hidden: 2"):
        dataset = load_dataset(tmp_path)
    assert (dict(dataset.spec.counts), dataset.spec.classes) == ({"test": 16, "train": 16}, ("a", "b"))


def test_splits_without_class_folders_are_refused(tmp_path: Path) -> None:
    spread(tmp_path, {f"{split}/{n}.png": picture(n) for split in ("train", "test") for n in range(3)})
    with pytest.raises(DataError, match="holds 'test', 'train', without class folders inside"):
        load_dataset(tmp_path)


def test_a_class_may_be_called_as_a_split(tmp_path: Path) -> None:
    spread(tmp_path, {"train/0.png": picture(0), "car/0.png": picture(1), "bus/0.png": picture(2)})
    assert load_dataset(tmp_path).spec.classes == ("bus", "car", "train")


def test_classes_without_a_training_picture_are_named(tmp_path: Path) -> None:
    spread(tmp_path, {f"{digit}/{digit}.png": picture(digit) for digit in range(10)})
    dataset = load_dataset(tmp_path)
    taught = set(dataset.split("train").labels.tolist())
    untaught = [repr(name) for place, name in enumerate(dataset.spec.classes) if place not in taught]
    with pytest.raises(DataError, match=f"{len(untaught)} of 10 classes have no training image: {', '.join(untaught)}"):
        train("classic", dataset)


MIXED = {f"a/{n}.png": picture(n) for n in range(4)} | {
    **{"a/._0.png": b"fork", "a/0.cls": b"7", "__MACOSX/a/1.png": picture(1), "inner.tar": b"tar", "bare": picture(9)},
}


@pytest.mark.parametrize("packing", PACKINGS)
def test_the_members_of_an_archive_are_those_of_its_folder(tmp_path: Path, packing: str) -> None:
    (shard,) = find_shards(str(packed(tmp_path / f"x{packing}", MIXED)))
    left_out = Counter[str]()
    found = {each.source.rpartition("/")[2]: each.content for each in inputs(shard, left_out=left_out)}
    assert found == {f"{n}.png": picture(n) for n in range(4)} | {"bare": picture(9)}
    assert left_out == {"hidden": 2, ".cls": 1, "archive": 1}
    tally = Tally()
    spread(tmp_path / "folder", {name: content for name, content in MIXED.items() if name != "inner.tar"})
    (shard,) = find_shards(str(tmp_path / "folder"), tally)
    assert {each.source.rpartition("/")[2]: each.content for each in inputs(shard)} == found
    assert tally.left_out == {"hidden": 2, ".cls": 1}  # the folder __MACOSX is one


def test_an_object_store_is_walked_by_the_same_rule() -> None:
    store = fsspec.filesystem("memory")
    for name, content in MIXED.items():
        if name != "inner.tar":
            store.pipe(f"/walked/{name}", content)
    store.pipe("/walked/a/.git/deep/9.png", picture(9))
    tally = Tally()
    (shard,) = find_shards("memory://walked", tally)
    assert [place.rpartition("/walked/")[2] for place in shard.places] == ["bare", *(f"a/{n}.png" for n in range(4))]
    assert tally.left_out == {"hidden": 3, ".cls": 1}
    store.rm("/walked", recursive=True)


@pytest.mark.slow
def test_what_archives_hold_beside_pictures_is_counted_in_a_run_that_goes_on_too(tmp_path: Path) -> None:
    for name in ("x.zip", "y.tar.bz2"):
        packed(tmp_path / "in" / name, MIXED)
    spread(tmp_path / "in", {"README.md": b"words"})
    wanted = {"hidden": 4, ".cls": 2, "archive": 2, ".md": 1}
    assert score(tmp_path / "in", tmp_path / "out", "classic", workers=1).left_out == wanted
    (tmp_path / "out" / "part-000001.parquet").unlink()
    again = score(tmp_path / "in", tmp_path / "out", "classic", workers=1)
    assert (again.kept, again.left_out) == (1, wanted)
    assert len(rows_in(tmp_path / "out")) == 10


def test_the_commands_say_what_is_left_out(tmp_path: Path) -> None:
    folder = spread(tmp_path / "set", SET | CLUTTER)
    note = "Note: In folders and archives: 17 pictures taken, 10 left out (hidden: 6"
    for answer in (digits("predict", folder, "--model", "classic"), digits("read", folder)):
        assert note in answer.err
    (folder / "a" / "more.zip").unlink()
    answer = digits("score", folder, "--out", tmp_path / "out", "--model", "classic", "--workers", 1, "--json")
    assert json.loads(answer.out)["left_out"] == {"hidden": 6, ".txt": 1, ".csv": 1, "of another kind": 1}
    answer = digits("audit", folder, "--quiet")
    assert "16 pictures taken, 10 left out" in answer.err


def test_predict_takes_an_archive(tmp_path: Path) -> None:
    place = packed(tmp_path / "some.zip", {"x/1.png": picture(1), "x/2.txt": b"words", "../3.png": picture(3)})
    answer = digits("predict", place, "--model", "classic", "--json")
    assert [json.loads(line)["source"] for line in answer.out.splitlines()] == ["some.zip/x/1.png"]
    assert "1 picture taken, 2 left out (" in answer.err
    assert not (tmp_path / "3.png").exists()


def test_names_in_archives_lead_nowhere_else(tmp_path: Path) -> None:
    place = tmp_path / "x.zip"
    with zipfile.ZipFile(place, "w") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # zipfile warns of a duplicate name
        for name in ("../up.png", "/root.png", "a\\b.png", "a/b.png", "a/b.png/c.png", "c:x.png"):
            archive.writestr(name, picture(1))
        link = zipfile.ZipInfo("link.png")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, b"/etc/passwd")
    names, tally = taken(place)
    drives = os.name == "nt"  # elsewhere a colon is a letter as any other
    assert names == ["a/b.png", *([] if drives else ["c:x.png"]), "root.png"]
    elsewhere = {"name that leads outside the archive": 1} if drives else {}
    assert tally.left_out == {"name with ..": 1, "duplicate name": 2, "link": 1, **elsewhere}


@posix("names with colons")
def test_times_and_drives_in_names_are_no_hindrance(tmp_path: Path) -> None:
    names = ["C:/data/0/1.png", "a/2024-01-01T12:30:00.png"]
    place = packed(tmp_path / "some.zip", {names[0].replace("/", "\\"): picture(1), names[1]: picture(2)})
    assert taken(place) == (names, Tally(taken=Counter({PICTURE: 2})))


@posix("a limit of a name's bytes")
@pytest.mark.parametrize("name", ["a/" + "数" * 100 + ".png", "数" * 100 + "/b.png", "数" * 100 + "/"])
def test_one_name_that_is_too_long_ends_no_archive(tmp_path: Path, name: str) -> None:
    place = packed(tmp_path / "some.zip", {"a/1.png": picture(1), name: b"" if name[-1] == "/" else picture(2)})
    assert taken(place) == (["a/1.png"], Tally(Counter({PICTURE: 1}), Counter({"name too long for this machine": 1})))


@pytest.mark.parametrize("packing", ["", ".zip", ".tar.gz"])
@pytest.mark.parametrize("left", ["c/notes.txt", "c/"])
def test_a_class_without_a_picture_is_one_in_an_archive_too(tmp_path: Path, packing: str, left: str) -> None:
    files = {f"set/{name}": content for name, content in {**SET, left: b""}.items()}
    place = packed(tmp_path / f"some{packing}", files) if packing else spread(tmp_path / "some", files) / "set"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DigitRecognizerWarning)  # notes.txt is left out
        assert load_dataset(str(place)).spec.classes == ("a", "b", "c")


def test_the_recycle_bins_of_stores_in_the_house_are_no_classes(tmp_path: Path) -> None:
    bins = ("#recycle", "#snapshot", "@tmp", "@Recycle", "@Recently-Snapshot")
    place = spread(tmp_path / "set", {**SET, **{f"{name}/{n}.png": picture(900 + n) for n, name in enumerate(bins)}})
    with pytest.warns(DigitRecognizerWarning, match="hidden: 5"):
        assert load_dataset(str(place)).spec.classes == ("a", "b")


@pytest.mark.parametrize("packing", PACKINGS)
def test_a_damaged_archive_is_named(tmp_path: Path, packing: str) -> None:
    place = packed(tmp_path / f"set{packing}", SET)
    place.write_bytes(place.read_bytes()[: place.stat().st_size // 2])
    is_complaint(digits("predict", place), place.name, "Make the archive again")
    with pytest.raises(DataError, match="Make the archive again"):
        load_dataset(place)


@pytest.mark.parametrize("packing", ["", ".zip", ".tar.gz"])
def test_each_page_of_a_tiff_is_scored_as_it_is_predicted(tmp_path: Path, packing: str) -> None:
    first, *others = [Image.open(io.BytesIO(picture(number))) for number in range(3)]
    whole = io.BytesIO()
    first.save(whole, "TIFF", save_all=True, append_images=others)
    files = {"a/scan.tif": whole.getvalue(), "a/no suffix": whole.getvalue(), "a/1.png": picture(1)}
    place = packed(tmp_path / f"some{packing}", files) if packing else spread(tmp_path / "some", files)
    lines = digits("predict", place, "--model", "classic", "--json").out.splitlines()
    told = {each["source"]: (each["label"], each["status"]) for each in map(json.loads, lines)}
    rows = {str(row["source"]): (row["label"], row["status"]) for row in scored(place, tmp_path / "out", "classic")}
    above = f"{place.parent}/" if packing else ""
    assert {f"{above}{name}": found for name, found in told.items()} == rows
    assert len(rows) == 7


@posix("names with colons")
@pytest.mark.parametrize("packing", ["", ".zip"])
def test_a_name_that_looks_like_a_chain_is_a_name(
    tmp_path: Path, packing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"a.png": picture(1), "a.png::b.png": picture(2), "50%.png": picture(3), "x#y?z.png": picture(4)}
    top = tmp_path / "x::50%25#1"
    (packed(top / "set.zip", files) if packing else spread(top, files))
    monkeypatch.chdir(tmp_path)
    for source in (top.name, *([f"{top.name}/set.zip"] if packing else [f"{top.name}/a.png::b.png"])):
        found = {each.source: each.content for shard in find_shards(source) for each in inputs(shard)}
        inside = {f"{top}/{'set.zip/' if packing else ''}{name}": content for name, content in files.items()}
        assert found == (inside if source[-1] != "g" else {f"{top}/a.png::b.png": picture(2)})
    for _ in range(2):  # the second run finds what the first one wrote
        score(source, tmp_path / "out::1", "classic", workers=1)
    assert len(rows_in(tmp_path / "out::1")) == (4 if packing else 1)


def test_an_archive_without_pictures_says_what_it_holds(tmp_path: Path) -> None:
    place = packed(tmp_path / "set.zip", {"a/1.txt": b"words", "b/2.zip": b"PK"})
    with pytest.raises(DataError, match=r"nothing taken, 2 left out \(\.txt: 1, archive: 1\): it holds no pictures"):
        load_dataset(place)
    answer = digits("predict", place)
    assert (answer.code, answer.out) == (2, "")
    assert "nothing taken, 2 left out (.txt: 1, archive: 1)" in answer.err
    assert "set.zip: is an archive that cannot be read" in answer.err


def test_one_damaged_member_of_a_zip_is_counted(tmp_path: Path) -> None:
    place = packed(tmp_path / "set.zip", SET)
    content = bytearray(place.read_bytes())
    content[place.read_bytes().index(b"a/3.png") + 60] ^= 255
    place.write_bytes(content)
    names, tally = taken(place)
    assert (len(names), tally.left_out) == (15, {"damaged in the archive": 1})


@pytest.mark.parametrize("top", ["set", "some set/inner"])
def test_a_single_folder_at_the_top_is_entered(tmp_path: Path, top: str) -> None:
    place = spread(tmp_path / "x", {f"{top}/{name}": content for name, content in SET.items()} | {"a.png": picture(1)})
    with pytest.warns(DigitRecognizerWarning, match="16 pictures taken, 1 left out .picture outside the class folders"):
        found = load_dataset(str(place))
    assert found.spec.classes == ("a", "b")
    assert found.spec.counts["all"] == 16


def test_a_single_split_stays_one(tmp_path: Path) -> None:
    place = spread(tmp_path / "x", {f"train/{name}": content for name, content in SET.items()})
    assert load_dataset(str(place)).spec.counts == {"train": 16}


@posix("links that every user may make")
def test_a_folder_of_a_link_to_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").symlink_to(tmp_path)
    with pytest.raises(DataError, match=rf"^{re.escape(str(tmp_path))}: holds only the class folder 'x'"):
        load_dataset(str(tmp_path))


def test_a_folder_that_may_not_be_listed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(folder: Path) -> None:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(Path, "iterdir", refused)
    with pytest.raises(DataError, match=r"can't be listed .Permission denied.. Check the name and its permissions"):
        load_folder(tmp_path, Preprocess())


@pytest.mark.parametrize("name", ["set.rar", "set.7z", "set.zip", "set.tar"])
def test_archives_that_give_no_picture_say_what_to_do(tmp_path: Path, name: str) -> None:
    starts = {"set.rar": b"Rar!\x1a\x07\x01", "set.7z": b"7z\xbc\xaf'\x1c"}
    if name in starts:
        (tmp_path / name).write_bytes(starts[name])
    else:
        packed(tmp_path / name, {"inner.zip": b"PK"})
    answer = digits("predict", tmp_path / name, "--model", "classic")
    assert answer.code == 2
    assert f"{name}: is an archive that cannot be read." in answer.err
    if name not in starts:
        assert digits("score", tmp_path / name, "--model", "classic", "--out", tmp_path / "out").code == 1
    else:
        is_complaint(digits("train", "--data", tmp_path / name), name, "unpack any other")


def test_one_damaged_archive_stops_no_other_picture(tmp_path: Path) -> None:
    whole = packed(tmp_path / "set.zip", SET).read_bytes()
    (tmp_path / "set.zip").write_bytes(whole[: len(whole) // 2])
    spread(tmp_path, {"a.png": picture(1), "b.png": picture(2)})
    names = [tmp_path / name for name in ("a.png", "set.zip", "b.png")]
    answer = digits("predict", *names, "--model", "classic", "--json")
    statuses = [json.loads(line)["status"] == "error" for line in answer.out.splitlines()]
    assert (answer.code, statuses) == (1, [False, True, False])
    assert "set.zip: can't be read at its beginning" in answer.err
    assert digits("read", tmp_path / "set.zip", "--model", "classic").code == 2


def test_a_zst_archive_needs_an_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = packed(tmp_path / "set.tar.zst", SET)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "pyarrow" else True)
    with pytest.raises(MissingExtraError, match=r"needs pyarrow(.|\n)*\[scale\]"):
        taken(place)


def test_a_bomb_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "bomb.tar.gz"
    with tarfile.open(place, "w:gz", compresslevel=1) as archive:
        member = tarfile.TarInfo("0.png")
        member.size = 65 * 2**20
        archive.addfile(member, io.BytesIO(bytes(member.size)))
    assert taken(place)[1].left_out == {"damaged in the archive": 1}
    monkeypatch.setattr("digit_recognizer.sources.unpack.MOST", 2**10)
    with pytest.raises(DataError, match="unpacks to more than"):
        taken(packed(tmp_path / "much.zip", SET))
