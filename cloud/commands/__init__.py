"""What goes down to the gateways: commands and configurations, until they are answered or over."""
