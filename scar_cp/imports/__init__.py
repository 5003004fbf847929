"""Models of other tools as models of scar-cp: one module per format that is read."""
