"""The papers' experiments, made again: published figures beside heuristic and certified optimum."""
