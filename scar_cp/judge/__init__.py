"""What is trusted: schedules, which rules they break, what they cost, simple bounds."""

from scar_cp.judge.objective import Objective

__all__ = ["Objective"]
