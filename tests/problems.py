"""Small problems for tests: built by hand or drawn at random."""

from __future__ import annotations

from built_problems import (
    ROW_OF_THREE,
    ROW_OF_TWO,
    SQUARE,
    hop_counts,
    layer,
    model,
    scaled,
    schedule,
    tensor,
    tiny_problem,
)
from random_problems import (
    due_today,
    random_problem,
    random_schedule,
    seeds,
    with_unused_type,
)

__all__ = [
    "ROW_OF_THREE",
    "ROW_OF_TWO",
    "SQUARE",
    "due_today",
    "hop_counts",
    "layer",
    "model",
    "random_problem",
    "random_schedule",
    "scaled",
    "schedule",
    "seeds",
    "tensor",
    "tiny_problem",
    "with_unused_type",
]
