"""The line that DL/T 645 and CJ/T 188 have in common: the frame around their data, addresses, the stream."""
