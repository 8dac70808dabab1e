"""Carlo Gavazzi: energy analyzers."""
