"""One folder per vendor, one file per model and firmware range."""
