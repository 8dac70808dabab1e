"""Encrypted content of the edition of 2025: SM4, ECB, no padding (§6.4.2 and Appendix A.2, by public code).

The packet is sealed first and its content encrypted afterwards, 16 bytes at a time; what is left at the end, fewer than
16, stays as it is. So length field and CRC are those of the plain packet, and without the key a CRC cannot be checked.
The examples of Appendix A.2 print the cipher text as ``{0xE4,...}``; on the wire it is bytes, as their lengths show.

The cipher itself is handed in: no library is needed to read packets that are not encrypted.
"""

from collections.abc import Callable
from typing import Final

from protocols.hj212.commands import is_encrypted

Blocks = Callable[[bytes], bytes]
"""SM4 in one direction: whole blocks of 16 bytes in, as many out."""

BLOCK: Final = 16
_CONTENT: Final = b";CP=&&"
_END: Final = b"&&"


def turned(segment: bytes, blocks: Blocks) -> bytes:
    """A data segment whose content was encrypted, or decrypted, block by block; as it is when it has no content."""
    start = segment.find(_CONTENT) + len(_CONTENT)
    if start < len(_CONTENT) or not segment.endswith(_END) or len(segment) < start + len(_END):
        return segment
    content = segment[start : -len(_END)]
    whole = len(content) - len(content) % BLOCK
    return segment[:start] + blocks(content[:whole]) + content[whole:] + _END


def cipher_text(segment: bytes) -> int | None:
    """How many bytes of content there are that are no text, where it may be encrypted; None: nothing speaks for it."""
    header, mark, rest = segment.partition(_CONTENT)
    fields = dict(item.partition(b"=")[::2] for item in header.split(b";"))
    flag, cn = fields.get(b"Flag", b""), fields.get(b"CN", b"").decode("ascii", "replace")
    if not mark or not flag.isdigit() or len(flag) > 3 or int(flag) >> 2 < 2 or not is_encrypted(cn):
        return None
    content = rest.removesuffix(_END)
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return len(content)
    return None if text.isprintable() else len(content)
