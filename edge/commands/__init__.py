"""What comes down to the gateway and is carried out: commands to devices."""
