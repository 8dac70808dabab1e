"""S+S Regeltechnik, Nuremberg: sensors for buildings."""
