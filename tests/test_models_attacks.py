"""Model files that were cut, flipped or forged: each is refused by ModelFileError, and no other file is opened."""

from __future__ import annotations

import json
import struct
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import helper

from digit_recognizer.errors import ModelFileError
from digit_recognizer.models import load_model
from digit_recognizer.models.header import KEY
from digit_recognizer.models.model_file import read_network
from digit_recognizer.models.onnx_file import read_onnx, read_onnx_header
from digit_recognizer.models.safetensors_header import read_safetensors_header
from model_files import ONNX, SAFETENSORS, header_text, onnx_with

READERS: dict[str, Callable[[bytes], Any]] = {
    "safetensors header": read_safetensors_header,
    "network": read_network,
    "onnx header": read_onnx_header,
}
WHOLE = {".safetensors": SAFETENSORS, ".onnx": ONNX}
SAFETENSORS_DATA = 8 + struct.unpack("<Q", SAFETENSORS[:8])[0]  # where the weights begin
GRAPH_AT = ONNX.index(onnx.load_from_string(ONNX).graph.SerializeToString())
GRAPH_END = GRAPH_AT + len(onnx.load_from_string(ONNX).graph.SerializeToString())


def loads(content: bytes, suffix: str) -> bool:
    """Whether a file of this content is loaded; anything but ModelFileError escapes and fails the test."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"model{suffix}"
        path.write_bytes(content)
        try:
            load_model(path)
        except ModelFileError as error:
            if str(error).startswith(str(path)):
                return False
            raise AssertionError("the complaint does not name the file") from error
        return True


@pytest.mark.parametrize("suffix", WHOLE)
def test_the_whole_file_is_loaded(suffix: str) -> None:
    assert loads(WHOLE[suffix], suffix)


@pytest.mark.parametrize("suffix", WHOLE)
def test_cut_anywhere_it_is_refused(suffix: str) -> None:
    whole = WHOLE[suffix]
    ends = {*range(0, 64), *range(64, len(whole), 97), *range(len(whole) - 1200, len(whole))}
    reader = read_network if suffix == ".safetensors" else read_onnx_header
    for end in sorted(ends):
        with pytest.raises(ModelFileError):
            reader(whole[:end])
    assert not loads(whole[: len(whole) // 2], suffix)


@given(st.integers(SAFETENSORS_DATA, len(SAFETENSORS) - 1), st.integers(0, 7))
def test_a_flipped_bit_in_the_weights_is_refused(at: int, bit: int) -> None:
    assert not loads(flipped(SAFETENSORS, at, bit), ".safetensors")


@given(st.integers(GRAPH_AT, GRAPH_END - 1), st.integers(0, 7))
def test_a_flipped_bit_in_the_graph_is_refused(at: int, bit: int) -> None:
    assert not loads(flipped(ONNX, at, bit), ".onnx")


def flipped(content: bytes, at: int, bit: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1 << bit]) + content[at + 1 :]


@pytest.mark.parametrize("reader", READERS)
@given(content=st.binary(max_size=300))
def test_random_bytes_are_refused(reader: str, content: bytes) -> None:
    with pytest.raises(ModelFileError):
        READERS[reader](content)


@pytest.mark.parametrize("suffix", WHOLE)
@given(data=st.data())
def test_spliced_files_are_refused_or_loaded_but_never_crash(suffix: str, data: st.DataObject) -> None:
    whole = WHOLE[suffix]
    places = st.integers(0, 1600) | st.integers(len(whole) - 1200, len(whole)) | st.integers(0, len(whole))
    start, end = sorted((data.draw(places), data.draw(places)))
    loads(whole[:start] + data.draw(st.binary(max_size=12)) + whole[end:], suffix)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS = sorted(json.loads(header_text({})))


@given(st.sampled_from(FIELDS), json_values)
def test_any_value_in_a_header_field_is_refused_or_loaded_but_never_crashes(field: str, value: Any) -> None:
    loads(onnx_with(**{field: value}), ".onnx")


@given(st.sampled_from(["size", "box", "mean", "std", "min_contrast"]), json_values)
def test_any_value_in_preprocess_is_refused_or_loaded_but_never_crashes(field: str, value: Any) -> None:
    with np.errstate(all="ignore"):  # a deviation near zero overflows, and is refused for its logits
        loads(onnx_with(preprocess={field: value}), ".onnx")


@given(st.text(max_size=20) | json_values.map(json.dumps))
def test_any_text_in_place_of_the_header_is_refused(text: str) -> None:
    assert not loads(safetensors_of({"__metadata__": {KEY: text}, "a": entry("F32", [1], [0, 4])}, 4), ".safetensors")


@pytest.mark.parametrize("dtype", ["F32", "F16", "F64", "I32", "BOOL", "F8_E4M3", "F8_E8M0", "F4", "C64", "WHAT"])
@pytest.mark.parametrize("offsets", [[0, 40], [], [40], [40, 0], [-40, 0], [0, 2**70], None, "ab", {"1": 2}, [0, None]])
def test_forged_tensor_entries_are_refused(dtype: str, offsets: Any) -> None:
    entries = {"__metadata__": {KEY: header_text({})}, "3.bias": entry(dtype, [10], offsets)}
    assert not loads(safetensors_of(entries, 40), ".safetensors")


def entry(dtype: str, shape: list[int], offsets: Any) -> dict[str, Any]:
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


def safetensors_of(entries: dict[str, Any], size: int) -> bytes:
    """A safetensors file with these entries and `size` zero bytes of weights."""
    text = json.dumps(entries).encode()
    return struct.pack("<Q", len(text)) + text + bytes(size)


def outside(name: str, path: Path) -> onnx.TensorProto:
    """A tensor of ten floats that lie in another file."""
    tensor = onnx.TensorProto(name=name, data_type=onnx.TensorProto.FLOAT, dims=[10])
    tensor.data_location = onnx.TensorProto.EXTERNAL
    for key, value in (("location", path.name), ("offset", "0"), ("length", "40")):
        tensor.external_data.add(key=key, value=value)
    return tensor


def adding(model: Any, name: str) -> None:
    """Add the tensor `name` to the logits."""
    last = model.graph.node[-1]
    output, last.output[0] = last.output[0], "before"
    model.graph.node.append(helper.make_node("Add", ["before", name], [output]))


def forge_initializer(model: Any, path: Path) -> None:
    model.graph.initializer.append(outside("secret", path))
    adding(model, "secret")


def forge_constant(model: Any, path: Path) -> None:
    model.graph.node.insert(0, helper.make_node("Constant", [], ["secret"], value=outside("secret", path)))
    adding(model, "secret")


@pytest.mark.parametrize("forge", [forge_initializer, forge_constant])
def test_weights_in_other_files_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forge: Callable[[Any, Path], None]
) -> None:
    secret = tmp_path / "secret.bin"
    secret.write_bytes(np.arange(10, dtype=np.float32).tobytes())
    monkeypatch.chdir(tmp_path)  # where ONNX Runtime would find the file
    (tmp_path / "spy.onnx").write_bytes(onnx_with(lambda model: forge(model, secret)))
    with pytest.raises(ModelFileError, match=r"spy.onnx: it (stores|keeps) weights in other files"):
        load_model(tmp_path / "spy.onnx")


def test_a_second_graph_that_a_runtime_would_join_to_the_first_is_refused(tmp_path: Path) -> None:
    first = onnx.ModelProto()
    first.graph.initializer.append(outside("secret", tmp_path / "secret.bin"))
    content = first.SerializeToString() + onnx_with(lambda model: adding(model, "secret"))
    with pytest.raises(ModelFileError, match="two of what can be there once"):
        read_onnx_header(content)


def test_functions_outside_the_hashed_graph_are_refused() -> None:
    def add_function(model: Any) -> None:
        model.functions.add(name="f", domain="d")

    with pytest.raises(ModelFileError, match="more than one network"):
        read_onnx_header(onnx_with(add_function))


@pytest.mark.parametrize("kind", ["If", "Loop", "Scan"])
def test_networks_inside_a_network_are_refused(kind: str) -> None:
    def nest(model: Any) -> None:
        outer = helper.make_node(kind, ["yes"], ["x"])
        outer.attribute.append(helper.make_attribute("body", model.graph))
        model.graph.node.append(outer)

    with pytest.raises(ModelFileError, match="loops or branches"):
        read_onnx(onnx_with(nest))


@pytest.mark.parametrize(
    ("operator", "domain"),
    [("Loop", ""), ("RandomNormal", ""), ("SequenceConstruct", ""), ("Relu", "com.microsoft"), ("\x1b[2J", "")],
)
def test_operators_that_are_never_written_are_refused(operator: str, domain: str) -> None:
    def replace(model: Any) -> None:
        model.graph.node[1].op_type, model.graph.node[1].domain = operator, domain

    with pytest.raises(ModelFileError, match="it computes with") as refused:
        read_onnx(onnx_with(replace))
    assert str(refused.value).isprintable()


def test_what_is_run_is_what_was_checked() -> None:
    """Readers of protobuf disagree about some bytes: these are refused, and what is run is written anew."""
    assert onnx.load_from_string(read_onnx(ONNX)[1]) == onnx.load_from_string(ONNX)
    other = onnx_with(lambda model: adding(model, "3.bias"))
    graph = onnx.load_from_string(other).graph.SerializeToString()
    length = varint(len(graph))
    for tag in (varint(1 << 35 | 7 << 3 | 2), b"\xba\x80\x80\x80\x80\x00", b"\xba\x80\x00"):  # of 38 bits; not short
        trick = tag + length + graph
        try:
            _, run = read_onnx(ONNX + trick)
        except ModelFileError:
            continue
        assert onnx.load_from_string(run) == onnx.load_from_string(ONNX)
    for more in (b"\x3a" + length + graph, b"\xa2\x06\x01a", b"\x3b\x3c", b"\x3d\0\0\0\0", b"\x38\x01"):
        with pytest.raises(ModelFileError):  # twice, unknown, a group, another kind of value
            read_onnx(ONNX + more)


def varint(value: int) -> bytes:
    digits = [value >> shift & 0x7F for shift in range(0, max(1, value.bit_length()), 7)]
    return bytes([*(digit | 0x80 for digit in digits[:-1]), digits[-1]])


def test_a_tensor_of_other_sizes_than_its_numbers_is_refused() -> None:
    def grow(model: Any) -> None:
        model.graph.initializer[0].dims[:] = [2**40, 2**20]

    with pytest.raises(ModelFileError, match="other sizes"):
        read_onnx(onnx_with(grow))


@pytest.mark.parametrize("inputs", [["3.bias", "large"], ["large"]], ids=["from a tensor", "from sizes"])
def test_a_network_that_asks_for_too_much_memory_is_stopped(
    tmp_path: Path, inputs: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    def swell(model: Any) -> None:
        sizes = np.array([2**33, 10], np.int64)
        model.graph.initializer.append(onnx.numpy_helper.from_array(sizes, "large"))
        kind = "Expand" if len(inputs) > 1 else "ConstantOfShape"
        model.graph.node.insert(0, helper.make_node(kind, inputs, ["huge"], "\x1b[2J"))
        model.graph.node.insert(1, helper.make_node("ReduceMax", ["huge"], ["one"], keepdims=0))
        adding(model, "one")

    (tmp_path / "large.onnx").write_bytes(onnx_with(swell))
    resource = pytest.importorskip("resource")  # Windows has none
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ModelFileError, match="ONNX Runtime cannot run it"):
        load_model(tmp_path / "large.onnx")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2**20
    assert capfd.readouterr() == ("", "")  # ONNX Runtime would print the node's name as it stands
    assert loads(ONNX, ".onnx")  # and the next model is not in its way


@pytest.mark.parametrize("key", [KEY, f"{KEY}.graph_sha256"])
def test_without_header_or_hash_the_twin_is_refused(key: str) -> None:
    model = onnx.load_from_string(ONNX)
    kept = {each.key: each.value for each in model.metadata_props if each.key != key}
    del model.metadata_props[:]
    helper.set_model_props(model, kept)
    with pytest.raises(ModelFileError, match=r"no header|altered"):
        read_onnx_header(model.SerializeToString())
