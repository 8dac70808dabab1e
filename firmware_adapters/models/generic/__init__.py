"""Maps of our own, nobody's product: for devices that can be told which registers to use.

A 16-bit register of these maps reads 7FFF (signed) or FFFF (unsigned) when the device has no value, a float NaN.
"""
