"""Wiren Board, Dolgoprudny: controllers and sensors."""
