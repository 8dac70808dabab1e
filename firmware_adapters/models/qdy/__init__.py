"""QDY: submersible level transmitters of several makers in Huai'an, sold under this name."""
