"""Co-design: the chiplet types of a package chosen together with the schedules on it."""
