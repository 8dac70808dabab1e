"""``yingzhou twin``: check twin identifiers, print their labels, mint new ones."""

import argparse
import json

from protocols.vocabulary.identity import TwinId
from yingzhou import mint


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, text in (("check", "is the check character right"), ("label", "a label as plain text")):
        action = actions.add_parser(name, help=text, description=text)
        action.add_argument("identifier", help="310151-LLSS-NNNNNN-C, with or without hyphens")
        action.add_argument("--json", action="store_true", help="one JSON object")
    text = "new identifiers from a running cloud, or an asset ledger's code adopted"
    mint.add_arguments(actions.add_parser("mint", help=text, description=text))


def run(args: argparse.Namespace) -> int:
    """:raises IdentityError: it is no twin identifier; the message names the right check character."""
    if args.action == "mint":
        return mint.run(args)
    twin = TwinId.parse(args.identifier)
    told = {"id": str(twin), "code": twin.code, "category": twin.category, "check": twin.check}
    if args.json:
        print(json.dumps(told))
    elif args.action == "check":
        print(f"{twin}  right")
    else:
        print(f"{twin}\n{twin.compact}")
    return 0
