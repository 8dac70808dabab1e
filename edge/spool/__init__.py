"""The spool on the gateway's disk: segments of records, retired by the cloud's acknowledgement."""
