"""Configuration from afar: kept beside the gateway's own file, tried, confirmed or rolled back."""
