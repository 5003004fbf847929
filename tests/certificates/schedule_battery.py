"""What a checker of certificates must do with schedules, told of any module that is one."""

from __future__ import annotations

from random import Random
from typing import Any, get_args

import pytest
from partition.priced import drawn_problem, least_energy
from random_problems import random_problem, random_schedule

from scar_cp.certificates.certificate import about
from scar_cp.judge.evaluation import evaluate
from scar_cp.judge.schedule import Schedule
from scar_cp.judge.validation import validate
from scar_cp.problem.compiled import Problem, WeightCost

from .documents import bytes_of, text_of, with_hash


def evaluates_alike(check: Any, seed: int) -> None:
    """Latency, energy and completions are the evaluator's, whatever the settings."""
    rng = Random(f"evaluates {seed}")
    problem = random_problem(rng, max_chiplets=6, max_total_layers=8, max_schedules=10**9)
    schedule = random_schedule(rng, problem)
    if schedule is None:
        return
    p = check.read_problem(bytes_of(problem))
    windows = check.read_schedule(p, schedule.model_dump(mode="json"))
    latency, energy, ends = check.evaluate(p, windows)
    true = evaluate(problem, schedule)
    assert (latency, energy) == (true.latency_cycles, true.energy_nj)
    assert [ends[m] for m in range(len(problem.models))] == list(true.completion_cycles)
    assert p.least_nj == least_energy(problem)


def judges_schedules_alike(check: Any, seed: int) -> None:
    """A schedule is accepted, at its value, exactly if it breaks no rule."""
    rng = Random(f"judges {seed}")
    problem = random_problem(rng, deadlines=seed % 3 == 0, max_chiplets=5, max_schedules=10**9)
    schedule = random_schedule(rng, problem)
    if schedule is None:
        return
    written = schedule.model_dump(mode="json")
    places = [(w, s) for w, of in enumerate(written["windows"]) for s in range(len(of))]
    if rng.random() < 0.8:
        w, s = rng.choice(places)
        segment = written["windows"][w][s]
        draw = rng.randrange(6)
        if draw < 2:
            segment["chiplet"] = rng.randrange(problem.num_chiplets + (rng.random() < 0.1))
        elif draw < 3:
            name = rng.choice(["model", "first", "last"])
            segment[name] = max(0, segment[name] + rng.choice([-1, 1]))
        elif draw < 4:
            rng.choice(written["windows"]).append(dict(segment))
            written["windows"][w].pop(rng.choice([s, -1]))
        elif draw < 5:
            written["windows"][w].pop(s)
        else:
            written["windows"].append([])
            rng.shuffle(written["windows"])
    data = bytes_of(problem)
    changed = Schedule.model_validate(written)
    broken = validate(problem, changed)
    raw = [[(w, *of.values()) for of in window] for w, window in enumerate(written["windows"])]
    try:  # what it would come to, were it a schedule
        value = check.evaluate(check.read_problem(data), raw)[0]
    except Exception:
        value = 0
    certificate = about(problem, "", "latency", None, changed) | {"value": value, "bound": 0}
    accepted, said = check.judge(data, text_of(with_hash(problem, certificate)))
    assert accepted == (not broken), (said, broken)


def refuses_other_layers(check: Any, seed: int) -> None:
    """A schedule that does one layer more or less than there are is none."""
    rng = Random(f"layers {seed}")
    problem = random_problem(rng, max_chiplets=5, max_schedules=10**9)
    schedule = random_schedule(rng, problem)
    if schedule is None:
        return
    m = rng.randrange(len(problem.models))
    for change in (1, -1):
        written = schedule.model_dump(mode="json")
        of_model = [s for window in written["windows"] for s in window if s["model"] == m]
        last = max(of_model, key=lambda segment: segment["last"])
        last["last"] += change
        raw = [[(w, *of.values()) for of in window] for w, window in enumerate(written["windows"])]
        try:
            value = check.evaluate(check.read_problem(bytes_of(problem)), raw)[0]
        except Exception:
            value = 0
        certificate = about(problem, "", "latency", None, schedule) | {"value": value, "bound": 0}
        certificate["schedule"] = certificate["schedule"] | {"windows": written["windows"]}
        accepted, _ = check.judge(bytes_of(problem), text_of(with_hash(problem, certificate)))
        assert not accepted


def with_slow(problem: Problem, cost: str) -> Problem:
    """The problem with one cost of all tensors many times as high."""
    models = tuple(
        run.replace(
            tensors=tuple(of.replace(**{cost: 40 * getattr(of, cost) + 9}) for of in run.tensors)
        )
        for run in problem.models
    )
    return problem.replace(models=models)


def evaluates_busy_links_alike(check: Any, seed: int) -> None:
    """Where links are what takes longest, too."""
    rng = Random(f"links {seed}")
    problem = random_problem(rng, max_chiplets=6, max_total_layers=8, max_schedules=10**9)
    problem = with_slow(problem, "nop_cycles").replace(contention="links")
    schedule = random_schedule(rng, problem)
    if schedule is None:
        return
    p = check.read_problem(bytes_of(problem))
    windows = check.read_schedule(p, schedule.model_dump(mode="json"))
    assert check.evaluate(p, windows)[0] == evaluate(problem, schedule).latency_cycles


def refuses_what_misses_a_deadline(check: Any, seed: int) -> None:
    """Also if the bound is about models that end in time."""
    rng = Random(f"late {seed}")
    problem = random_problem(rng, max_chiplets=5, max_schedules=10**9)
    schedule = random_schedule(rng, problem)
    if schedule is None or len(problem.models) < 2:
        return
    true = evaluate(problem, schedule)
    late = rng.randrange(len(problem.models))
    if true.completion_cycles[late] < 1:
        return
    models = tuple(
        run.replace(deadline_cycles=true.completion_cycles[m] - (m == late))
        for m, run in enumerate(problem.models)
    )
    problem = problem.replace(models=models)
    data, value = bytes_of(problem), true.latency_cycles
    certificate = about(problem, "", "latency", None, schedule) | {"value": value, "bound": 0}
    others = [m for m in range(len(models)) if m != late]
    for named in (certificate["models"], others):
        changed = with_hash(problem, certificate | {"models": named})
        assert not check.judge(data, text_of(changed))[0]


def refuses_unequal_shares(check: Any, seed: int) -> None:
    """Layers that share weights load as much, and name the first."""
    rng = Random(f"shares {seed}")
    problem = drawn_problem(rng)
    run = rng.choice(problem.models)
    shared = (*run.layers, run.layers[0].replace(weights_of=0))
    i = run.num_layers
    cost = rng.choice(get_args(WeightCost))
    unequal = shared[i].replace(**{cost: getattr(shared[i], cost) + 1})
    for last in (unequal, shared[i].replace(weights_of=i + 1)):
        wrong = run.replace(layers=(*run.layers, last), tensors=())
        with pytest.raises(ValueError, match="weights"):
            check.read_problem(bytes_of(problem.replace(models=(wrong,))))
    right = run.replace(layers=shared, tensors=())
    check.read_problem(bytes_of(problem.replace(models=(right,))))
