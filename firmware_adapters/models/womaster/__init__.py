"""WoMaster: industrial and smart-city devices."""
