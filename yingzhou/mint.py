"""``yingzhou twin mint``: ask a running cloud for new twin identifiers, one or many."""

import argparse
import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Final

from protocols.vocabulary import ConfigError, DeviceRefused, LinkDown

DEFAULT_URL: Final = "http://127.0.0.1:8080"
DEFAULT_KEY: Final = Path("data/secrets/admin-api-key")
MOST: Final = 100_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the action."""
    parser.add_argument("kind", help="what it is: streetlight, sluice, river_section, manhole, ...")
    parser.add_argument("--name", default="", help="its name; with --count a number is put behind it")
    parser.add_argument("--town", help="9-digit division code, such as 310151101")
    parser.add_argument("--category", help="4 digits of GB/T 30428.2 (default: that of the kind)")
    parser.add_argument("--code", help="adopt this 16-digit code of an asset ledger instead of minting one")
    parser.add_argument("--count", type=int, default=1, metavar="N", help="so many (default 1)")
    parser.add_argument("--url", default=DEFAULT_URL, help=f"the cloud (default {DEFAULT_URL})")
    parser.add_argument(
        "--key-file", type=Path, default=DEFAULT_KEY, help=f"file that holds an API key (default {DEFAULT_KEY})"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object per twin")


def run(args: argparse.Namespace) -> int:
    """Print each identifier as soon as it is minted.

    :raises ConfigError: the key cannot be read, or the options do not go together.
    :raises LinkDown: nobody answers.
    :raises DeviceRefused: the cloud says no.
    """
    if not 1 <= args.count <= MOST:
        raise ConfigError(f"--count {args.count}: expected 1 to {MOST}")
    if args.code is not None and args.count != 1:
        raise ConfigError("--code is one twin's: it does not go with --count")
    if not args.url.startswith(("http://", "https://")):
        raise ConfigError(f"--url {args.url!r}: expected http:// or https://")
    try:
        key = args.key_file.read_text().strip()
    except OSError as error:
        raise ConfigError(f"--key-file: {args.key_file}: {error.strerror}") from None
    for number in range(1, args.count + 1):
        name = args.name if args.count == 1 or not args.name else f"{args.name}{number}"
        optional = {"town": args.town, "category": args.category, "code": args.code}
        body = {
            "kind": args.kind,
            "name": name,
            **{field: text for field, text in optional.items() if text is not None},
        }
        twin = _post(f"{args.url.rstrip('/')}/api/v1/twins", key, body)
        print(json.dumps(twin, ensure_ascii=False) if args.json else twin["id"], flush=True)
    return 0


def _post(url: str, key: str, body: dict[str, Any]) -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)  # noqa: S310 - the scheme is checked
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            told: dict[str, Any] = json.load(answer)
    except urllib.error.HTTPError as refused:
        raise DeviceRefused(f"{url}: {refused.code}: {_reason(refused)}") from None
    except (OSError, ValueError) as error:
        raise LinkDown(f"{url}: {error}") from None
    return told


def _reason(refused: urllib.error.HTTPError) -> str:
    """What a problem (RFC 9457) says."""
    try:
        problem = json.loads(refused.read(65_536))
        errors = [f"{one.get('pointer', '')} {one.get('detail', '')}".strip() for one in problem.get("errors", ())]
        return "; ".join([str(problem.get("detail") or problem.get("title")), *errors])
    except (ValueError, AttributeError):
        return str(refused.reason)
