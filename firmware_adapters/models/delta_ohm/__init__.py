"""Delta OHM, Selvazzano: environmental instruments (now of GHM)."""
