"""What a gateway does by itself while the cloud is away: alarms and actions on readings, lamps by sun and calendar."""
