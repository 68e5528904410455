"""`digits export`: a model as an ONNX file for other runtimes, or as a page that recognises without a server."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from digit_recognizer.cli.options import DataDir, Json, Quiet

SCHEMA = "digit-recognizer/export/1"


class _Form(StrEnum):
    """What a model can be exported as."""

    ONNX = "onnx"
    WEB = "web"


def export(
    model: Annotated[str, typer.Argument(help="A shipped name, a model file or a run folder.")],
    out: Annotated[
        Path | None,
        typer.Argument(metavar="[OUT]", help="Output file, or folder of the page. Default: named after the model."),
    ] = None,
    to: Annotated[_Form, typer.Option("--to", help="onnx: a file for any runtime. web: a web page.")] = _Form.ONNX,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier export.")] = False,
    runtime: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Use this copy of onnxruntime-web's folder dist instead of npm (web)."),
    ] = None,
    data_dir: DataDir = None,
    json: Json = None,
    quiet: Quiet = False,
) -> None:
    """Export a model: an ONNX file, verified against its weights, or a web page that works offline."""
    from digit_recognizer.cli.output import answers, write_json

    result, said = _as_onnx(model, out, data_dir, force) if to is _Form.ONNX else _as_page(model, out, runtime, force)
    if json:
        write_json(json, {"schema": SCHEMA, "to": to.value, **result})
    if json != "-" and not quiet:
        answers().print(said, markup=False)


def _as_onnx(model: str, out: Path | None, data_dir: Path | None, force: bool) -> tuple[dict[str, Any], str]:
    """Export to ONNX: what programs and what people are told."""
    from digit_recognizer.exporting import export_onnx

    out = out or Path(f"{Path(model).stem}.onnx")
    found = export_onnx(model, out, data_dir, force)
    said = (
        f"{out} is written. On {found.n:,} images ({found.source}) its labels equal those of the weights,"
        f" and its probabilities differ by {found.largest:.1g} at most."
    )
    return {"out": str(out), "agreement": asdict(found)}, said


def _as_page(model: str, out: Path | None, runtime: Path | None, force: bool) -> tuple[dict[str, Any], str]:
    """Export to a page: what programs and what people are told."""
    from digit_recognizer.exporting import export_web

    out = out or Path(f"{Path(model).stem}-page")
    sizes = export_web(model, out, runtime, force)
    said = (
        f"{out} is written: {len(sizes)} files, {sum(sizes.values()) / 1e6:.1f} MB. Any server of static files can show"
        f" it; here: python -m http.server --bind 127.0.0.1 --directory {out}"
    )
    return {"out": str(out), "files": sizes}, said
