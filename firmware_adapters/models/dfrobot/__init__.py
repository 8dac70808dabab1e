"""DFRobot, Shanghai: RS-485 sensors."""
