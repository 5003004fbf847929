"""Wires variables, constraints and objective together, solves, and reads the answer."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Literal

from ortools.sat.python import cp_model

from scar_cp.errors import ModelOverflowError, ScarError
from scar_cp.partition.one_window import CountTable
from scar_cp.problem import Problem, Space
from scar_cp.schedule import Schedule
from scar_cp.solvers.cpsat.constraints import Constraints
from scar_cp.solvers.cpsat.objective import energy_nj, latency_cycles
from scar_cp.solvers.cpsat.variables import Variables

__all__ = ["Answer", "CpsatModel"]


@dataclass(frozen=True)
class Answer:
    """CP-SAT's last word: nothing of its status is lost."""

    status: Literal["optimal", "feasible", "infeasible", "unknown"]
    schedule: Schedule | None
    value: int | None
    bound: int | None
    """Best proven bound of the weighted objective; ``None`` if infeasible."""


class _Watch(cp_model.CpSolverSolutionCallback):
    """Passes every improving schedule on."""

    def __init__(self, variables: Variables, on_schedule: Callable[[Schedule], object]) -> None:
        super().__init__()
        self._variables = variables
        self._on_schedule = on_schedule

    def on_solution_callback(self) -> None:
        """Decode and pass on."""
        self._on_schedule(self._variables.decode(lambda x: bool(self.value(x))))


class CpsatModel:
    """The CP model of one problem in one space, for ``λ·latency + μ·energy``."""

    def __init__(
        self,
        problem: Problem,
        space: Space,
        latency_weight: int,
        energy_weight: int,
        max_cycles: int,
        table: CountTable | None = None,
    ) -> None:
        """Build the model.

        Parameters
        ----------
        problem
            The compiled problem, of any settings.
        space
            The space to search.
        latency_weight, energy_weight
            Non-negative integer weights of cycles and nJ.
        max_cycles
            An upper limit on the latency of the schedules of interest.
        table
            For one window: least latencies by counts of chiplets, as a further constraint.
        """
        self.cp = cp_model.CpModel()
        self.variables = Variables(problem, self.cp, max_cycles, table)
        Constraints(problem, self.variables, space, table).add_all()
        self.objective = cp_model.LinearExpr.weighted_sum(
            [latency_cycles(self.variables), energy_nj(problem, self.variables)],
            [latency_weight, energy_weight],
        )
        self.cp.minimize(self.objective)
        self._solver = cp_model.CpSolver()
        self._stopped = False

    def at_least(self, bound: int) -> None:
        """Add a bound of the objective that was proven elsewhere."""
        self.cp.add(self.objective >= bound)

    def hint(self, schedule: Schedule) -> None:
        """Start from a schedule of the space whose empty windows, if any, come last."""
        self.variables.hint(schedule)

    def stop(self) -> None:
        """End a running solve; callable from a signal handler or another thread."""
        self._stopped = True

    def solve(
        self,
        time_limit_s: float,
        workers: int,
        seed: int,
        on_schedule: Callable[[Schedule], object],
        on_bound: Callable[[int], object],
        log: Callable[[str], None] | None = None,
    ) -> Answer:
        """Search until proven, out of time or stopped.

        Raises
        ------
        ModelOverflowError
            If CP-SAT finds that sums may pass 64 bits.
        ScarError
            If CP-SAT rejects the model otherwise: a bug, never a result.
        """
        solver = self._solver
        solver.parameters.max_time_in_seconds = time_limit_s
        solver.parameters.num_workers = workers
        solver.parameters.random_seed = seed
        solver.parameters.log_search_progress = log is not None
        if log is not None:
            solver.parameters.log_to_stdout = False
            solver.log_callback = log

        def pass_bound_on(bound: float) -> None:
            on_bound(_rounded_up(bound))

        solver.best_bound_callback = pass_bound_on
        solver.parameters.catch_sigint_signal = False
        status = self._run(_Watch(self.variables, on_schedule))
        if status == cp_model.MODEL_INVALID:
            reason = self.cp.validate()
            kind = ModelOverflowError if "overflow" in reason else ScarError
            raise kind(f"CP-SAT rejects the model: {reason}")
        if status == cp_model.INFEASIBLE:
            return Answer("infeasible", None, None, None)
        bound = _rounded_up(solver.best_objective_bound)
        if status == cp_model.UNKNOWN:
            return Answer("unknown", None, None, bound)
        schedule = self.variables.decode(solver.boolean_value)
        value = int(solver.value(self.objective))  # exact, where the objective value is a float
        if status == cp_model.OPTIMAL:
            return Answer("optimal", schedule, value, value)
        return Answer("feasible", schedule, value, bound)

    def _run(self, watch: _Watch) -> cp_model.CpSolverStatus:
        """Solve in a thread, so that this one can take signals while it waits."""
        with ThreadPoolExecutor(1) as pool:
            running = pool.submit(self._solver.solve, self.cp, watch)
            while True:
                done, _ = wait([running], timeout=0.1)
                if done:
                    return running.result()
                if self._stopped:
                    self._solver.stop_search()


def _rounded_up(bound: float) -> int:
    """CP-SAT's bound is an integer held as a float: beyond 2^53 round to the safe side."""
    nearest = round(bound)
    return nearest if abs(nearest) < 2**53 else int(bound * (1 - 2**-50))
