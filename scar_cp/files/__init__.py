"""From files or code to a problem: loading, building, a result's problem, a first project."""
