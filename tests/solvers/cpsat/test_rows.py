"""Rows of costs mean what they say, and their sums stay small."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from random import Random

import pytest
from ortools.sat.python import cp_model
from problems import due_today, layer, model, random_problem, scaled, seeds, tiny_problem

from scar_cp.files.loading import load_problem
from scar_cp.problem.compiled import Problem
from scar_cp.solvers import Request, Search
from scar_cp.solvers.cpsat.inquiry import limits_of
from scar_cp.solvers.cpsat.model import CpsatModel
from scar_cp.solvers.cpsat.question import ask_for
from scar_cp.solvers.cpsat.rows import MAX_ACTIVITY, Rows, activities
from scar_cp.solvers.cpsat.ticks import MAX_TICKS
from scar_cp.solvers.cpsat.variables import Limits, Variables
from scar_cp.solvers.rivals.baselines import standalone

INSTANCES = sorted((Path(__file__).parents[3] / "instances").glob("*.yaml"))
SETTINGS = {"weight_policy": "resident", "overlap": "full", "contention": "dram"}
LINKS = {**SETTINGS, "contention": "links", "windows": 2}
"""For small instances: links and windows mean many more rows of the same kinds."""


@seeds(20, quick=2)
def test_a_row_in_parts_allows_what_the_whole_row_allows(seed):
    rng = Random(f"row {seed}")
    variables = Variables(tiny_problem([model([layer(1)])]), cp_model.CpModel(), Limits())
    upper = MAX_TICKS - rng.randint(0, 9)
    domains = [rng.choice([1, 1, 3, 40]) for _ in range(6)]
    costs = [rng.choice([0, 5, upper // 3, upper - 1, upper, 7 * upper]) for _ in domains]
    terms = [variables.integer(f"x{i}", top, lambda _: 0) for i, top in enumerate(domains)]
    target = variables.integer("target", upper, lambda _: 0)
    Rows(variables).at_least(target, zip(terms, costs, strict=True))
    assert max(activities(variables.cp)) <= MAX_ACTIVITY
    variables.cp.minimize(target)
    for _ in range(20):
        values = [rng.randint(0, top) for top in domains]
        fixed = variables.cp.clone()
        for term, value in zip(terms, values, strict=True):
            fixed.add(fixed.get_int_var_from_proto_index(term.index) == value)
        solver = cp_model.CpSolver()
        status = solver.solve(fixed)
        whole = sum(value * cost for value, cost in zip(values, costs, strict=True))
        assert (status == cp_model.OPTIMAL) == (whole <= upper)
        if whole <= upper:
            assert round(solver.objective_value) == whole


def largest(problem: Problem, weights: tuple[int, int]) -> int:
    """The largest sum of a model that `layer_level` would build at its worst: with a poor start."""
    search = Search(problem, Request(objective="weighted", weights=weights))
    standalone(search)
    limits = limits_of(search, weights)
    question = ask_for(problem, weights, limits)
    built = CpsatModel(question.problem, "full", question.weights, question.limits)
    return max(activities(built.cp))


@pytest.mark.slow
@pytest.mark.parametrize("path", due_today(INSTANCES, 6), ids=lambda path: path.stem)
def test_no_row_of_a_shipped_instance_adds_up_to_more_than_31_bits(path):
    problem = load_problem(path, SETTINGS).problem
    if sum(run.num_layers for run in problem.models) < 50:
        problem = load_problem(path, LINKS).problem
        assert largest(problem, (37, 3)) <= MAX_ACTIVITY
    assert largest(problem, (1, 0)) <= MAX_ACTIVITY
    assert largest(problem, (0, 1)) <= MAX_ACTIVITY


@seeds(40, quick=3)
def test_no_row_of_a_drawn_problem_adds_up_to_more_than_31_bits(seed):
    rng = Random(f"activities {seed}")
    problem = random_problem(rng, deadlines=seed % 3 == 0)
    factors = [int(10 ** rng.uniform(0, 10)) for _ in range(2)]
    problem = scaled(problem, *factors)
    for weights in product((0, 1, 999), (0, 1, 999)):
        if any(weights):
            assert largest(problem, weights) <= MAX_ACTIVITY
