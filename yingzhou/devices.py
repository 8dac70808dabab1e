"""``yingzhou devices``: the models that ship with us, one of them in full, or docs/devices.md anew."""

import argparse
import json
from collections.abc import Iterator
from typing import Any, Final

from firmware_adapters.device_model import DeviceModel
from firmware_adapters.registry import MODELS, choices
from firmware_adapters.sheet import Line, lines_of, markdown
from protocols.vocabulary import ConfigError

_HEADINGS: Final = ("model", "firmware", "wire", "what")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which model, and how it is printed."""
    parser.add_argument(
        "model", nargs="?", metavar="VENDOR/MODEL", help="one model in full; left out: all, a line each"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one object for each model")
    form.add_argument("--markdown", action="store_true", help="docs/devices.md, as it is generated")


def run(args: argparse.Namespace) -> int:
    """Print it."""
    models = [model for name in sorted(MODELS, key=str.lower) for model in MODELS[name]]
    if args.markdown:
        print(markdown(models), end="")
        return 0
    if args.model is not None:
        models = [model for model in models if model.name.lower() == args.model.lower()]
        if not models:
            raise ConfigError(f"{args.model}: expected one of {choices(args.model, MODELS)}")
    if args.json:
        for model in models:
            print(json.dumps(_object(model), ensure_ascii=False))
    elif args.model is None:
        print("\n".join(_table(models)))
    else:
        print("\n".join(line for model in models for line in _sheet(model)))
    return 0


def _object(model: DeviceModel) -> dict[str, Any]:
    return {
        "vendor": model.vendor,
        "model": model.model,
        "firmware": str(model.firmware),
        "generic": model.is_generic,
        "use": model.use,
        "what": model.what,
        "wires": model.wires,
        "manual": model.manual,
        "sources": model.sources,
        "rows": [line._asdict() for line in lines_of(model)],
    }


def _table(models: list[DeviceModel]) -> Iterator[str]:
    cells = [_HEADINGS, *((m.name, str(m.firmware), " ".join(m.wires), m.what) for m in models)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _sheet(model: DeviceModel) -> Iterator[str]:
    yield f"{model.name}  firmware {model.firmware}"
    yield f"  {model.what}"
    yield f"  manual: {model.manual}"
    for source in model.sources:
        yield f"  source: {source}"
    cells = [Line._fields, *((*line,) for line in lines_of(model))]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        yield "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
