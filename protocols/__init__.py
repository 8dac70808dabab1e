"""What two parties agree on: our vocabulary and every wire format. Pure: bytes in, values out."""
