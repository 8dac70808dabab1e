"""TUF: ultrasonic flow meters that many sell under this name."""
