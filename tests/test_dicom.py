"""DICOM: a window, a slope and a way of storing change nothing that a reader would not see; pydicom says the same."""

from __future__ import annotations

import warnings
from pathlib import Path
from traceback import format_exception
from typing import Any

import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.pixels import apply_modality_lut, apply_voi_lut, pixel_array
from pydicom.sequence import Sequence
from pydicom.uid import RLELossless

from dicom_files import as_bytes, made, real, write_dicom
from digit_recognizer.dicom.read import read_dicom
from digit_recognizer.errors import ImageError
from digit_recognizer.images import page_names, read_picture
from digit_recognizer.images.decode import check_pixels

TESTS = Path(pydicom.__file__).parent / "data/test_files"
# Reports, plans, indices, damaged on purpose, without the mark of DICOM, or beyond the decoders.
REFUSED = {
    *("MR_truncated.dcm", "badVR.dcm", "JPEG-lossy.dcm", "JPEG2000-embedded-sequence-delimiter.dcm"),
    *("UN_sequence.dcm", "empty_charset_LEI.dcm", "meta_missing_tsyntax.dcm", "nested_priv_SQ.dcm", "priv_SQ.dcm"),
    *("no_meta_group_length.dcm", "reportsi.dcm", "reportsi_with_empty_number_tags.dcm", "rtplan.dcm", "test-SR.dcm"),
    *("rtplan_truncated.dcm", "waveform_ecg.dcm", "rtstruct.dcm", "no_meta.dcm", "README", "README.txt"),
    *("ExplVR_BigEndNoMeta.dcm", "ExplVR_LitEndNoMeta.dcm", "crayons.icc", "rtplan.dump", "rtstruct.dump"),
    *("test1.json", "test_PN.json", "zipMR.gz"),
}
CODECS = {  # of these pydicom itself needs another package
    *("JPEGLSNearLossless_08.dcm", "JPEGLSNearLossless_16.dcm", "MR_small_jpeg_ls_lossless.dcm", "JPGExtended.dcm"),
    *("SC_rgb_jls_lossy_line.dcm", "SC_rgb_jls_lossy_sample.dcm", "SC_rgb_jpeg_gdcm.dcm", "GDCMJ2K_TextGBR.dcm"),
}
REAL = sorted(path for path in TESTS.rglob("*") if path.is_file() and "TINY_ALPHA/PT" not in path.as_posix())

STORED = st.builds(
    lambda seed, kind: np.random.default_rng(seed).integers(0, 4000, (5, 7)).astype(kind),
    st.integers(0, 1000),
    st.sampled_from([np.uint16, np.int16]),
)


def shown(dataset: Any, page: int | None = None, channels: str = "L") -> NDArray[np.uint8]:
    return np.asarray(read_dicom(as_bytes(dataset), page, "it", check_pixels).convert(channels))


def by_pydicom(path: Path) -> NDArray[Any] | None:
    """A first frame as pydicom shows it: (H, W, 1) or (H, W, 3), 0 to 1; None of kinds that other tests are of."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        dataset = pydicom.dcmread(path)
        if dataset.PhotometricInterpretation in ("PALETTE COLOR", "MONOCHROME1"):
            return None
        stored = pixel_array(dataset, index=0)
        bits = dataset.BitsStored
        if stored.ndim == 3:
            return stored / (2**bits - 1)
        stored = stored[..., None]
        values = apply_modality_lut(stored, dataset)
        if "WindowWidth" not in dataset:
            return (values - values.min()) / (np.ptp(values) or 1) if bits > 8 else values / (2**bits - 1)
        # The ends of pydicom's range stand where values lie far outside the window.
        far = np.array([[-1e9, 1e9]])
        low, high = apply_voi_lut(far, dataset).ravel()
        return (apply_voi_lut(values, dataset) - low) / (high - low)


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.relative_to(TESTS).as_posix())
def test_each_of_pydicoms_files_is_read_as_pydicom_shows_it_or_refused(path: Path) -> None:
    name = page_names(str(path))[0]
    if path.name in REFUSED or path.name.startswith("DICOMDIR"):
        with pytest.raises(ImageError) as refused:
            read_picture(name)
        assert path.suffix != ".dcm" or path.name not in "".join(format_exception(refused.value))
        return
    try:
        picture = read_picture(name, channels=3)
    except ImageError as error:
        message = str(error)
    else:
        expected = by_pydicom(path)
        assert expected is None or np.abs(picture - 255 * expected).max() <= 0.5 + 1e-6
        return
    assert path.name in CODECS, message
    assert "medical-codecs" in message


def test_of_several_encodings_of_one_picture_all_show_the_same() -> None:
    for names in (
        ("MR_small.dcm", "MR_small_RLE.dcm", "MR_small_bigendian.dcm", "MR_small_implicit.dcm", "MR_small_expb.dcm"),
        ("MR_small.dcm", "MR_small_jp2klossless.dcm"),
        ("rtdose_1frame.dcm", "rtdose_expb_1frame.dcm", "rtdose_rle_1frame.dcm"),
        ("SC_rgb_small_odd.dcm", "SC_rgb_small_odd_big_endian.dcm"),
    ):
        pictures = [read_picture(real(name), channels=3) for name in names]
        assert all(np.array_equal(each, pictures[0]) for each in pictures)


@given(STORED, st.floats(0.01, 50), st.floats(-2000, 2000), st.floats(1, 3000), st.floats(-500, 4500))
def test_a_scale_with_its_window_changes_nothing(
    stored: NDArray[Any], slope: float, intercept: float, width: float, center: float
) -> None:
    exact = {"VOILUTFunction": "LINEAR_EXACT"}
    plain = shown(made(stored, WindowCenter=short(center), WindowWidth=short(width), **exact))
    slope, intercept = float(short(slope)), float(short(intercept))
    window = {
        "WindowCenter": short(float(short(center)) * slope + intercept),
        "WindowWidth": short(float(short(width)) * slope),
    }
    scaled = shown(made(stored, RescaleSlope=slope, RescaleIntercept=intercept, **window, **exact))
    assert np.abs(plain.astype(int) - scaled).max() <= 1


def short(number: float) -> str:
    """A number as DICOM writes it: 16 characters at most."""
    return f"{number:.10g}"[:16]


@given(STORED, st.floats(0.01, 50), st.floats(-2000, 2000))
def test_without_a_window_a_scale_changes_nothing_and_its_sign_turns_dark_into_light(
    stored: NDArray[Any], slope: float, intercept: float
) -> None:
    plain = shown(made(stored)).astype(int)
    scaled = {"RescaleIntercept": short(intercept)}
    assert np.abs(shown(made(stored, RescaleSlope=short(slope), **scaled)) - plain).max() <= 1
    assert np.abs(shown(made(stored, RescaleSlope=short(-slope), **scaled)) - (255 - plain)).max() <= 1
    assert (plain.min(), plain.max()) == (0, 255)


@given(STORED, st.booleans(), st.sampled_from(["LINEAR", "LINEAR_EXACT", "SIGMOID"]))
def test_monochrome_1_and_2_show_the_same(stored: NDArray[Any], windowed: bool, function: str) -> None:
    center, shift = (1500, 1 if function == "LINEAR" else 0)  # the linear window is not quite even
    window = {"WindowCenter": center, "WindowWidth": 900, "VOILUTFunction": function} if windowed else {}
    turned = window | ({"WindowCenter": 4000 - center + shift} if windowed else {})
    light = shown(made(stored, **window)).astype(int)
    dark = shown(made(4000 - stored, PhotometricInterpretation="MONOCHROME1", **turned))
    assert np.abs(light - dark).max() <= 1
    eight = (stored % 256).astype(np.uint8)
    assert np.array_equal(shown(made(eight)), eight)
    assert np.array_equal(shown(made(255 - eight, PhotometricInterpretation="MONOCHROME1")), eight)


@given(STORED, st.floats(1, 4000), st.floats(-100, 4100), st.sampled_from(["LINEAR", "LINEAR_EXACT", "SIGMOID"]))
def test_a_window_is_pydicoms(stored: NDArray[Any], width: float, center: float, function: str) -> None:
    dataset = made(stored, WindowCenter=short(center), WindowWidth=short(width), VOILUTFunction=function)
    low, high = (0, 65535) if stored.dtype == np.uint16 else (-32768, 32767)
    with np.errstate(over="ignore"):  # pydicom's sigmoid
        expected = 255 * (apply_voi_lut(stored, dataset) - low) / (high - low)
    assert np.abs(shown(dataset) - expected).max() <= 0.5 + 1e-6


def test_the_first_of_several_windows_counts() -> None:
    stored = np.arange(4000, dtype=np.uint16).reshape(40, 100)
    one = shown(made(stored, WindowCenter=1000, WindowWidth=500))
    several = shown(made(stored, WindowCenter=[1000, 3000], WindowWidth=[500, 4000]))
    assert np.array_equal(one, several)


@pytest.mark.parametrize("bits", [8, 12, 16])
def test_a_lookup_table_shows_values_and_its_ends_what_lies_beyond(bits: int) -> None:
    table = np.random.default_rng(bits).integers(0, 2**bits, 1000)
    item = Dataset()
    item.LUTDescriptor, item.LUTData = [1000, 50, bits], table.tolist()
    item["LUTData"].VR = item["LUTDescriptor"].VR = "US"
    stored = np.arange(2000, dtype=np.uint16).reshape(40, 50)
    expected = table[(stored.astype(int) - 50).clip(0, 999)] / (2**bits - 1)
    assert np.abs(shown(made(stored, VOILUTSequence=Sequence([item]))) - 255 * expected).max() <= 0.5 + 1e-6
    # The values of a modality table are stretched like any others.
    stretched = (expected - expected.min()) / np.ptp(expected)
    assert np.abs(shown(made(stored, ModalityLUTSequence=Sequence([item]))) - 255 * stretched).max() <= 0.5 + 1e-6


def test_padding_is_black_and_stretches_nothing() -> None:
    stored = np.random.default_rng(0).integers(100, 1000, (9, 9)).astype(np.int16)
    padded = stored.copy()
    padded[:3] = -2000
    for kind in ("MONOCHROME1", "MONOCHROME2"):
        found = shown(made(padded, PixelPaddingValue=-2000, PhotometricInterpretation=kind))
        assert not found[:3].any()
        assert np.array_equal(found[3:], shown(made(stored[3:], PhotometricInterpretation=kind)))


def test_a_picture_of_one_value_is_the_same_grey_however_it_is_stored() -> None:
    flat = np.full((3, 3), 700, np.uint16)
    greys = {int(shown(made(flat, PhotometricInterpretation=f"MONOCHROME{kind}"))[0, 0]) for kind in (1, 2)}
    assert greys == {128}


@given(st.integers(1, 9), st.integers(0, 99))
def test_each_frame_is_a_page(count: int, seed: int) -> None:
    frames = np.random.default_rng(seed).integers(0, 256, (count + 1, 4, 6)).astype(np.uint8)
    dataset = made(frames)
    found = [shown(dataset, page) for page in range(1, len(frames) + 1)]
    assert np.array_equal(found, frames)
    with pytest.raises(ImageError, match="no frame"):
        shown(dataset, count + 2)


def test_frames_have_names_and_the_whole_is_none_of_them(tmp_path: Path) -> None:
    frames = np.random.default_rng(0).integers(0, 256, (3, 4, 6)).astype(np.uint8)
    path = write_dicom(tmp_path / "1.2.840.4711", made(frames))
    assert page_names(str(path)) == [f"{path}[{k}]" for k in (1, 2, 3)]
    assert np.array_equal([read_picture(name) for name in page_names(str(path))], frames)
    with pytest.raises(ImageError, match="several frames"):
        read_picture(path)
    packed = made(frames)
    packed.compress(RLELossless)
    assert np.array_equal([shown(packed, k) for k in (1, 2, 3)], frames)


def test_a_frame_has_the_window_of_its_own_group() -> None:
    stored = np.stack([np.arange(100, dtype=np.uint16).reshape(10, 10)] * 2)

    def group(center: float, slope: float | None = None) -> Dataset:
        made_group, window = Dataset(), Dataset()
        window.WindowCenter, window.WindowWidth, window.VOILUTFunction = center, 40, "LINEAR_EXACT"
        made_group.FrameVOILUTSequence = Sequence([window])
        if slope is not None:
            scale = Dataset()
            scale.RescaleSlope, scale.RescaleIntercept = slope, 0
            made_group.PixelValueTransformationSequence = Sequence([scale])
        return made_group

    dataset = made(stored)
    dataset.SharedFunctionalGroupsSequence = Sequence([group(30, slope=2)])
    dataset.PerFrameFunctionalGroupsSequence = Sequence([Dataset(), group(90)])
    for page, center in ((1, 30), (2, 90)):
        expected = ((2.0 * stored[0] - center) / 40 + 0.5).clip(0, 1)
        assert np.abs(shown(dataset, page) - 255 * expected).max() <= 0.5 + 1e-6


def test_a_palette_gives_its_colours() -> None:
    path = real("examples_palette.dcm")
    dataset = pydicom.dcmread(path)
    table = np.stack(
        [np.frombuffer(dataset[f"{each}PaletteColorLookupTableData"].value, "<u2") for each in ("Red", "Green", "Blue")]
    )
    expected = table[:, pixel_array(dataset)].transpose(1, 2, 0) / 65535
    assert np.abs(read_picture(path, channels=3) - 255 * expected).max() <= 0.5 + 1e-6


def test_colour_of_16_bits_is_scaled() -> None:
    stored = np.random.default_rng(0).integers(0, 65536, (4, 5, 3)).astype(np.uint16)
    assert np.abs(shown(made(stored), channels="RGB") - stored / 257).max() <= 0.5
