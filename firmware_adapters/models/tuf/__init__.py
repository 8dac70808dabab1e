"""TUF: ultrasonic flow meters of several makers in Dalian, sold under this name."""
