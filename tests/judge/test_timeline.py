"""Passes of a pipeline: simulated one by one, and ending when the evaluator says."""

from __future__ import annotations

from random import Random
from typing import get_args

from problems import random_problem, random_schedule, seeds

from scar_cp.judge.evaluation import evaluate
from scar_cp.judge.timeline import slots, timeline
from scar_cp.terms import Contention, Overlap, WeightPolicy

SETTINGS = [
    {"weight_policy": weights, "overlap": overlap, "contention": contention}
    for weights in get_args(WeightPolicy)
    for overlap in get_args(Overlap)
    for contention in get_args(Contention)
]


def drawn(seed):
    """A problem of settings by the seed, with up to 1000 passes, and a schedule of it."""
    rng = Random(f"timeline {seed}")
    while True:
        problem = random_problem(rng, **SETTINGS[seed % len(SETTINGS)])
        models = (
            m.replace(batch=b, minibatch=1, passes=b)
            for m in problem.models
            for b in [rng.choice([1, 3, 40, 1000])]
        )
        problem = problem.replace(models=tuple(models))
        schedule = random_schedule(rng, problem)
        if schedule is not None:
            return problem, schedule


def simulated(chain, passes, start):
    """Starts of all passes: after the same pass of the segment before, and the pass before."""
    ready = [start + sum(s.once_cycles for s in chain)] * passes
    starts = []
    for segment in chain:
        free = 0
        mine = []
        for k in range(passes):
            mine.append(max(ready[k], free))
            free = ready[k] = mine[k] + segment.pass_cycles
        starts.append(mine)
    return starts


@seeds(48, quick=3)
def test_passes_start_as_in_a_simulation_and_end_with_the_models_latency(seed):
    problem, schedule = drawn(seed)
    evaluation = evaluate(problem, schedule)
    windows = timeline(problem, evaluation)
    assert [w.end - w.start for w in windows] == [w.latency_cycles for w in evaluation.windows]
    assert [w.start for w in windows] == [0, *(w.end for w in windows)][: len(windows)]
    for judged, window in zip(evaluation.windows, windows, strict=True):
        assert tuple(stage.segment for stage in window.stages) == judged.segments
        for m, latency in judged.models.items():
            chain = sorted(
                (s for s in window.stages if s.segment.model == m), key=lambda s: s.segment.first
            )
            passes = problem.models[m].passes
            expected = simulated([s.segment for s in chain], passes, window.start)
            assert [[s.start(k) for k in range(passes)] for s in chain] == expected
            assert chain[-1].last_end - window.start == latency
            assert max(s.last_end for s in chain) <= window.end
            loads = [s.load_start for s in chain]
            assert loads == [window.start, *(s.load_end for s in chain)][: len(chain)]
            assert chain[-1].load_end == chain[0].first_start


@seeds(12, quick=1)
def test_the_parts_of_a_pass_fill_it(seed):
    problem, schedule = drawn(seed)
    for window in evaluate(problem, schedule).windows:
        for segment in window.segments:
            parts = slots(segment, problem.overlap)
            assert max(s.offset + s.cycles for s in parts) == segment.pass_cycles
            apart = [s for s in parts if problem.overlap == "none" or s.part != "compute"]
            offset = 0
            for slot in apart:
                assert slot.offset == offset
                offset += slot.cycles
