"""What an agent tells of itself: to `edge status`, to Prometheus, to the cloud."""
