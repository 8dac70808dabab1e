"""The front door: the command line, and up, which composes the rest as processes."""
