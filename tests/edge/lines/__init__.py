"""Lines, and the ends of them that tests hold."""
