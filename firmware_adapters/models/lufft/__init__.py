"""G. Lufft, Fellbach: weather sensors."""
