"""The same ten digits in every form in which people store pictures and labels."""

from __future__ import annotations

import base64
import bz2
import csv
import gzip
import importlib
import importlib.util
import io
import json
import lzma
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from PIL import Image
from scipy.io import savemat

from idx_files import write_idx

Images = NDArray[np.uint8]  # (N, 28, 28)
Labels = NDArray[np.int64]
Write = Callable[[Path, Images, Labels], Path]  # into a folder; gives what to name
PIXELS = [f"pixel{number}" for number in range(784)]
HAS_H5PY = importlib.util.find_spec("h5py") is not None


def text(path: Path, header: Sequence[Any] | None, rows: Any, separator: str = ",", encoding: str = "utf-8") -> Path:
    """A text table."""
    made = io.StringIO()
    writer = csv.writer(made, delimiter=separator, lineterminator="\n")
    writer.writerows([header] if header else [])
    writer.writerows(rows)
    path.write_bytes(made.getvalue().encode(encoding))
    return path


def rows_of(images: Images, labels: Labels) -> NDArray[np.int64]:
    """A row a picture: its label, then its pixels."""
    return np.column_stack([labels, images.reshape(len(images), -1)])


def png(image: Images) -> bytes:
    packed = io.BytesIO()
    Image.fromarray(image).save(packed, "PNG")
    return packed.getvalue()


def kaggle(folder: Path, images: Images, labels: Labels) -> Path:
    return text(folder / "train.csv", ["label", *PIXELS], rows_of(images, labels))


def of_cells(folder: Path, images: Images, labels: Labels) -> Path:
    names = [f"{row}x{column}" for row in range(1, 29) for column in range(1, 29)]
    return text(folder / "cells.csv", ["label", *names], rows_of(images, labels))


def without_names(folder: Path, images: Images, labels: Labels) -> Path:
    return text(folder / "mnist.csv", None, rows_of(images, labels))


def label_last(folder: Path, images: Images, labels: Labels) -> Path:
    return text(folder / "last.csv", None, np.roll(rows_of(images, labels), -1, axis=1))


def by_spaces(folder: Path, images: Images, labels: Labels) -> Path:
    return text(folder / "zip.txt", None, rows_of(images, labels), " ")


def of_pandas(folder: Path, images: Images, labels: Labels) -> Path:
    rows = np.column_stack([np.arange(len(labels)), rows_of(images, labels)])
    return text(folder / "pandas.csv", ["", "label", *PIXELS], rows)


def numbered_columns(folder: Path, images: Images, labels: Labels) -> Path:
    return text(folder / "numbers.csv", range(785), rows_of(images, labels))


def sorted_columns(folder: Path, images: Images, labels: Labels) -> Path:
    names = ["label", *PIXELS]
    order = sorted(range(785), key=names.__getitem__)
    return text(folder / "sorted.csv", [names[place] for place in order], rows_of(images, labels)[:, order])


def of_excel(folder: Path, images: Images, labels: Labels) -> Path:
    return text(folder / "excel.csv", ["Label", *PIXELS], rows_of(images, labels), ";", "utf-16")


def shares_of_one(folder: Path, images: Images, labels: Labels) -> Path:
    rows = [[label, *(str(level / 255).replace(".", ",") for level in row)] for label, *row in rows_of(images, labels)]
    return text(folder / "shares.csv", ["target", *PIXELS], rows, ";", "utf-8-sig")


def pixels_in_a_cell(folder: Path, images: Images, labels: Labels) -> Path:
    rows = [[label, " ".join(map(str, image.ravel()))] for label, image in zip(labels, images, strict=True)]
    return text(folder / "fer.csv", ["digit", "pixels"], rows)


def packed(pack: Callable[[bytes], bytes], suffix: str) -> Write:
    def write(folder: Path, images: Images, labels: Labels) -> Path:
        path = folder / f"train.csv.{suffix}"
        path.write_bytes(pack(kaggle(folder, images, labels).read_bytes()))
        return path

    return write


def zipped(folder: Path, images: Images, labels: Labels) -> Path:
    with zipfile.ZipFile(folder / "train.csv.zip", "w") as archive:
        archive.write(kaggle(folder, images, labels), "train.csv")
    return folder / "train.csv.zip"


def idx(folder: Path, images: Images, labels: Labels) -> Path:
    write_idx(folder, "t10k-labels-idx1-ubyte", labels.astype(np.uint8), packed=False)
    return write_idx(folder, "t10k-images-idx3-ubyte", images)


def idx_dotted(folder: Path, images: Images, labels: Labels) -> Path:
    write_idx(folder, "train-labels.idx1-ubyte", labels.astype(np.uint8), packed=False)
    return write_idx(folder, "train-images.idx3-ubyte", images, packed=False)


def emnist_idx(folder: Path, images: Images, labels: Labels) -> Path:
    write_idx(folder, "emnist-digits-train-labels-idx1-ubyte", labels.astype(np.uint8))
    return write_idx(folder, "emnist-digits-train-images-idx3-ubyte", images.transpose(0, 2, 1))


def emnist_csv(folder: Path, images: Images, labels: Labels) -> Path:
    return text(folder / "emnist-digits-train.csv", None, rows_of(images.transpose(0, 2, 1), labels))


def npz(name: str, **arrays: Callable[[Images, Labels], Any]) -> Write:
    def write(folder: Path, images: Images, labels: Labels) -> Path:
        np.savez_compressed(folder / name, **{key: made(images, labels) for key, made in arrays.items()})
        return folder / name

    return write


def mat(folder: Path, images: Images, labels: Labels) -> Path:
    content = {"data": images.reshape(len(images), -1).T, "label": labels[None].astype(float)}
    savemat(folder / "mnist-original.mat", content)
    return folder / "mnist-original.mat"


def emnist_mat(folder: Path, images: Images, labels: Labels) -> Path:
    part = {"images": images.transpose(0, 2, 1).reshape(len(images), -1), "labels": labels[:, None]}
    savemat(folder / "emnist-digits.mat", {"dataset": {"train": part, "mapping": np.zeros((10, 2))}})
    return folder / "emnist-digits.mat"


def hdf5(folder: Path, images: Images, labels: Labels) -> Path:
    with importlib.import_module("h5py").File(folder / "digits.h5", "w") as file:
        file["train/images"], file["train/labels"] = images, labels
    return folder / "digits.h5"


def matlab_hdf5(folder: Path, images: Images, labels: Labels) -> Path:
    """As MATLAB's -v7.3 writes (N, 28, 28) and (N, 1): the axes in the other order, 512 bytes of its own before."""
    h5py = importlib.import_module("h5py")
    with h5py.File(folder / "digits.mat", "w", userblock_size=512) as file:
        for name, values in (("X", images), ("y", labels[:, None])):
            file[name] = values.T
            file[name].attrs["MATLAB_class"] = np.bytes_("double")
    return folder / "digits.mat"


def parquet(name: str, column: Callable[[Images], pa.Array], named: str = "image", schema: Any = None) -> Write:
    def write(folder: Path, images: Images, labels: Labels) -> Path:
        table = pa.table({named: column(images), "label": labels})
        pq.write_table(table.replace_schema_metadata(schema), folder / f"{name}.parquet", row_group_size=4)
        return folder / f"{name}.parquet"

    return write


def hugging_face(names: Sequence[str]) -> dict[bytes, bytes]:
    """What `datasets` writes into the schema of a table with a label of these classes."""
    features = {"image": {"_type": "Image"}, "label": {"names": list(names), "_type": "ClassLabel"}}
    return {b"huggingface": json.dumps({"info": {"features": features}}).encode()}


def structs(images: Images) -> pa.Array:
    return pa.array([{"bytes": png(each), "path": f"{number}.png"} for number, each in enumerate(images)])


def paths_beside(folder: Path, images: Images, labels: Labels) -> Path:
    (folder / "img").mkdir()
    for number, image in enumerate(images):
        (folder / "img" / f"{number}.png").write_bytes(png(image))
    cells = [{"bytes": None, "path": f"img\\{number}.png"} for number in range(len(images))]
    pq.write_table(pa.table({"image": cells, "label": labels}), folder / "paths.parquet")
    return folder / "paths.parquet"


def pixel_columns(folder: Path, images: Images, labels: Labels) -> Path:
    columns = dict(zip(["label", *PIXELS], rows_of(images, labels).T, strict=True))
    pq.write_table(pa.table(columns), folder / "columns.parquet")
    return folder / "columns.parquet"


def tensor_type(images: Images) -> pa.Array:
    return pa.FixedShapeTensorArray.from_numpy_ndarray(images)


WITH_LABELS: dict[str, Write] = {
    "CSV as Kaggle's": kaggle,
    "CSV of 1x1 to 28x28": of_cells,
    "CSV without names": without_names,
    "CSV with the label last": label_last,
    "text with blanks": by_spaces,
    "CSV of pandas": of_pandas,
    "CSV with numbers for names": numbered_columns,
    "CSV with its columns sorted": sorted_columns,
    "UTF-16 with semicolons": of_excel,
    "decimal commas": shares_of_one,
    "all pixels in one cell": pixels_in_a_cell,
    "CSV in gzip": packed(gzip.compress, "gz"),
    "CSV in bzip2": packed(bz2.compress, "bz2"),
    "CSV in xz": packed(lzma.compress, "xz"),
    "CSV in zip": zipped,
    "IDX": idx,
    "IDX with points": idx_dotted,
    "EMNIST's IDX": emnist_idx,
    "EMNIST's CSV": emnist_csv,
    "Keras's npz": npz("mnist.npz", x_train=lambda images, _: images, y_train=lambda _, labels: labels),
    "npz of images and labels": npz("a.npz", images=lambda x, _: x[..., None], labels=lambda _, y: y[:, None]),
    "npz of X and y": npz("a.npz", X=lambda x, _: x.reshape(len(x), -1) / 255, y=lambda _, y: y.astype(float)),
    "npz of trainX": npz("a.npz", trainX=lambda x, _: x[:, None], trainY=lambda _, y: y),
    "npz without names": npz("a.npz", arr_0=lambda x, _: x / 127.5 - 1, arr_1=lambda _, y: np.eye(10)[y]),
    "MATLAB": mat,
    "EMNIST's MATLAB": emnist_mat,
    "Parquet of structs": parquet("structs", structs),
    "Parquet of Hugging Face": parquet("train-00000-of-00001", structs, schema=hugging_face("0123456789")),
    "Parquet of bytes": parquet("bytes", lambda images: pa.array(map(png, images), pa.binary()), "img"),
    "Parquet of large bytes": parquet("large", lambda images: pa.array(map(png, images), pa.large_binary()), "jpg"),
    "Parquet of a dictionary": parquet("words", lambda images: pa.array([*map(png, images)]).dictionary_encode()),
    "Parquet of lists": parquet("lists", lambda x: pa.array(x.reshape(len(x), -1).tolist(), pa.list_(pa.uint8()))),
    "Parquet of a file's bytes in lists": parquet(
        "files", lambda x: pa.array([[*png(e)] for e in x], pa.list_(pa.uint8()))
    ),
    "Parquet of lists of rows": parquet("rows", lambda x: pa.array(x.tolist(), pa.list_(pa.list_(pa.uint8())))),
    "Parquet of lists of shares": parquet(
        "shares", lambda x: pa.FixedSizeListArray.from_arrays(pa.array(x.ravel() / 255), 784), "pixels"
    ),
    "Parquet of tensors": parquet("tensors", tensor_type),
    "Parquet of base64": parquet("text", lambda x: pa.array([base64.b64encode(png(e)).decode() for e in x])),
    "Parquet of base64 in bytes": parquet(
        "text", lambda x: pa.array([base64.b64encode(png(e)) for e in x], pa.binary())
    ),
    "Parquet of addresses": parquet(
        "addresses", lambda x: pa.array([f"data:image/png;base64,{base64.b64encode(png(e)).decode()}" for e in x])
    ),
    "Parquet of paths": paths_beside,
    "Parquet with a column a pixel": pixel_columns,
    **({"HDF5": hdf5, "MATLAB's HDF5": matlab_hdf5} if HAS_H5PY else {}),
}


def npy(made: Callable[[Images], Any]) -> Write:
    def write(folder: Path, images: Images, _labels: Labels) -> Path:
        np.save(folder / "digits.npy", made(images))
        return folder / "digits.npy"

    return write


def unlabelled(folder: Path, images: Images, _labels: Labels) -> Path:
    return text(folder / "test.csv", PIXELS, images.reshape(len(images), -1))


WITHOUT_LABELS: dict[str, Write] = {
    "CSV without labels": unlabelled,
    "npy": npy(lambda images: images),
    "npy of rows": npy(lambda images: images.reshape(len(images), -1)),
    "npy of shares": npy(lambda images: images[:, None] / 255),
    "npy of whole numbers": npy(lambda images: images[..., None].astype(np.int64)),
}
