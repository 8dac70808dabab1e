"""Quality checks on readings as they come: QARTOD's tests, incremental and aware of gaps; they flag and never drop."""
