"""The line to the cloud: windows, lanes, acknowledgements, back-off."""
