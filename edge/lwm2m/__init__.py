"""LwM2M server: NB-IoT devices register, are observed, read and written, and may sleep in between."""
