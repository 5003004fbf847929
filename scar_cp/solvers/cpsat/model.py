"""Wires variables, constraints and objective together, solves, and reads the answer."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass

from ortools.sat.python import cp_model

from scar_cp.clock import leave_alone
from scar_cp.errors import ScarError
from scar_cp.judge.evaluation import evaluate
from scar_cp.judge.schedule import Schedule
from scar_cp.partition.one_window import CountTable
from scar_cp.problem.compiled import Problem
from scar_cp.solvers.cpsat.constraints import Constraints
from scar_cp.solvers.cpsat.rows import MAX_ACTIVITY
from scar_cp.solvers.cpsat.variables import Limits, Variables
from scar_cp.terms import Space, Status

__all__ = ["FIRST", "SECOND", "THIRD", "Answer", "CpsatModel", "Way"]


@dataclass(frozen=True)
class Way:
    """Parameters of CP-SAT: two ways that differ in all of them share few faults."""

    presolve: bool = True
    presolve_inclusion_work_limit: int = 0
    """0 leaves out the part of presolve that adds up coefficients in 32 bits in OR-Tools 9.15
    (google/or-tools issue 5293)."""
    seed: int = 0
    linearization_level: int = 1

    def parameters(self) -> dict[str, int]:
        """The parameters by CP-SAT's own names."""
        return {
            "cp_model_presolve": int(self.presolve),
            "presolve_inclusion_work_limit": self.presolve_inclusion_work_limit,
            "random_seed": self.seed,
            "linearization_level": self.linearization_level,
        }


FIRST = Way()
SECOND = Way(presolve=False, seed=1, linearization_level=2)
"""Whatever `FIRST` finds must be found this way as well."""
THIRD = Way(seed=2, linearization_level=0)
"""For those who want to see a confirmed proof confirmed once more."""


@dataclass(frozen=True)
class Answer:
    """CP-SAT's last word: nothing of its status is lost."""

    status: Status
    schedule: Schedule | None
    value: int | None
    bound: int | None
    """Best proven bound of the weighted objective; ``None`` if there is none, or infeasible."""


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
    """The CP model of one problem in one space, for ``λ·latency + μ·energy``.

    No row's terms add up to more than `scar_cp.solvers.cpsat.rows.MAX_ACTIVITY`, as long as the
    limits are within `scar_cp.solvers.cpsat.ticks.MAX_TICKS`.
    """

    def __init__(
        self,
        problem: Problem,
        space: Space,
        weights: tuple[int, int],
        limits: Limits,
        table: CountTable | None = None,
    ) -> None:
        """Build the model.

        Parameters
        ----------
        problem
            The compiled problem, of any settings.
        space
            The space to search.
        weights
            Non-negative integer weights of cycles and nJ.
        limits
            Most cycles and nJ of the schedules of interest; a weight needs its limit.
        table
            For one window: least latencies by counts of chiplets, as a further constraint.
        """
        self.problem = problem
        self.weights = weights
        self.cp = cp_model.CpModel()
        self.variables = Variables(problem, self.cp, limits, table)
        Constraints(problem, self.variables, space, table).add_all()
        v = self.variables
        parts = [
            (variable, weight)
            for variable, weight in zip((v.extra_cycles, v.extra_nj), weights, strict=True)
            if variable is not None and weight
        ]
        self._extra = cp_model.LinearExpr.weighted_sum(
            [variable for variable, _ in parts], [weight for _, weight in parts]
        )
        self.least = weights[0] * v.least_cycles + weights[1] * v.least_nj
        """What the objective is when nothing extra is paid."""
        self.cp.minimize(self._extra)
        self._solver = cp_model.CpSolver()
        self._abandoned = False
        self._telling = threading.Lock()

    def at_least(self, bound: int) -> None:
        """Add a bound of the objective that was proven elsewhere."""
        self.cp.add(self._extra >= min(bound - self.least, MAX_ACTIVITY))

    def at_most(self, value: int) -> None:
        """Look for schedules up to a value of the objective only."""
        self.cp.add(self._extra <= max(-1, min(value - self.least, MAX_ACTIVITY)))

    def hint(self, schedule: Schedule) -> None:
        """Start from a schedule of the space whose empty windows, if any, come last."""
        self.variables.hint(schedule)

    def value_of(self, schedule: Schedule) -> int:
        """What the evaluator says of a schedule's objective, its latency at least the limit's."""
        evaluation = evaluate(self.problem, schedule)
        cycles = max(self.variables.least_cycles, evaluation.latency_cycles)
        return self.weights[0] * cycles + self.weights[1] * evaluation.energy_nj

    def solve(
        self,
        time_limit_s: float,
        workers: int,
        way: Way = FIRST,
        on_schedule: Callable[[Schedule], object] = lambda _: None,
        on_bound: Callable[[int], object] = lambda _: None,
        stop: Callable[[], bool] = lambda: False,
        keep_waiting: Callable[[], bool] = lambda: True,
    ) -> Answer:
        """Search until proven, out of time or told to stop.

        CP-SAT does not look at its clock everywhere: some of its steps take seconds on large
        models. A run that nobody wants to wait for any longer is left alone; its answer is
        unknown, and whatever it still finds is dropped.

        Raises
        ------
        ScarError
            If CP-SAT rejects the model: a bug, never a result.
        """
        solver = self._solver
        for name, value in way.parameters().items():
            setattr(solver.parameters, name, value)
        solver.parameters.max_time_in_seconds = time_limit_s
        solver.parameters.num_workers = workers

        def pass_bound_on(bound: float) -> None:
            with self._telling:
                if not self._abandoned:
                    on_bound(self.least + _rounded_up(bound))

        def pass_schedule_on(schedule: Schedule) -> None:
            with self._telling:
                if not self._abandoned:
                    on_schedule(schedule)

        solver.best_bound_callback = pass_bound_on
        solver.parameters.catch_sigint_signal = False
        status = self._run(_Watch(self.variables, pass_schedule_on), stop, keep_waiting)
        if status is None:
            return Answer("unknown", None, None, None)
        if status == cp_model.MODEL_INVALID:
            raise ScarError(f"CP-SAT rejects the model: {self.cp.validate()}")
        if status == cp_model.INFEASIBLE:
            return Answer("infeasible", None, None, None)
        bound = self.least + _rounded_up(solver.best_objective_bound)
        if status == cp_model.UNKNOWN:
            return Answer("unknown", None, None, bound)
        schedule = self.variables.decode(solver.boolean_value)
        value = self.least + int(solver.value(self._extra))
        if status == cp_model.OPTIMAL:
            return Answer("optimal", schedule, value, value)
        return Answer("feasible", schedule, value, bound)

    def _run(
        self, watch: _Watch, stop: Callable[[], bool], keep_waiting: Callable[[], bool]
    ) -> cp_model.CpSolverStatus | None:
        """Solve in a thread, so that this one can ask, be interrupted, or go away."""
        running: Future[cp_model.CpSolverStatus] = Future()

        def solve() -> None:
            try:
                running.set_result(self._solver.solve(self.cp, watch))
            except Exception as error:
                running.set_exception(error)

        thread = threading.Thread(target=solve, daemon=True)
        thread.start()
        try:
            while not wait([running], timeout=0.1).done:
                if stop():
                    self._solver.stop_search()
                if not keep_waiting():
                    return None
        finally:
            if not running.done():  # nobody waits any longer, or an interrupt is on its way out
                with self._telling:  # nothing half-told
                    self._abandoned = True
                self._solver.stop_search()
                leave_alone(thread)
        return running.result()


def _rounded_up(bound: float) -> int:
    """CP-SAT's bound: an integer below 2^31 that it holds as a float, or minus infinity."""
    return max(0, round(bound)) if bound > 0 else 0
