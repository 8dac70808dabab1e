"""The HTTP API: `/api/v1`, health, metrics, the console's files, and InfluxDB's write route."""
