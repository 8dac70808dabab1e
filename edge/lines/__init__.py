"""Lines: bytes to and from one serial port, or one TCP serial server, with one owner."""
