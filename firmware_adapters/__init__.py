"""What one vendor's model and firmware means by its registers, codes and resources. Rows before code. Pure."""
