"""Pictures of cameras: their files, and who may bring them."""
