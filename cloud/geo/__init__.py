"""Where things are: the district's towns and the outline of its islands."""
