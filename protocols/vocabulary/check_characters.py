"""Check characters of ISO/IEC 7064: the pure system MOD 11-2 and the hybrid system MOD 37,36."""

_DIGITS = "0123456789"
_ALPHANUMERIC = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def mod_11_2(digits: str) -> str:
    """ISO 7064 MOD 11-2 (also GB 11643, the citizen identity number): one of 0-9 or X for a string of digits.

    :raises ValueError: a character is no ASCII digit.
    """
    remainder = 0
    for character in digits:
        value = _DIGITS.find(character)
        if value < 0:
            raise ValueError(f"{character!r} is no digit")
        remainder = (remainder + value) * 2 % 11
    check = (12 - remainder) % 11
    return "X" if check == 10 else str(check)


def mod_37_36(text: str) -> str:
    """ISO 7064 MOD 37,36: one of 0-9 A-Z for a string of 0-9 A-Z (lower case counts as upper case).

    :raises ValueError: a character is neither an ASCII digit nor an ASCII letter.
    """
    product = 36
    for character in text:
        value = _ALPHANUMERIC.find(character.upper() if character.isascii() else character)
        if value < 0:
            raise ValueError(f"{character!r} is neither digit nor letter")
        total = (product + value) % 36 or 36
        product = total * 2 % 37
    return _ALPHANUMERIC[(37 - product) % 36]
