"""In-Situ, Fort Collins: water sondes."""
