"""The solver ``cp-sat``: its stages, and the layer-level CP-SAT model that is the last of them."""
