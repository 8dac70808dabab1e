"""ComWinTop, Shenzhen: RS-485 sensors; many sell the same under other names."""
