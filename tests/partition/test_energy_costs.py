"""What energy costs in a window: no placement costs less, whatever the tariff."""

from __future__ import annotations

from random import Random

import numpy as np
from problems import layer, model, scaled, seeds, tiny_problem

from scar_cp.partition import range_table
from scar_cp.partition.energy_costs import EnergyCosts

from .brute_force import Truth, one_model


@seeds(60, quick=4)
def test_no_placement_of_a_range_costs_less_under_any_tariff(seed, monkeypatch):
    rng = Random(f"energy costs {seed}")
    monkeypatch.setattr(range_table, "_ALL_STARTS", rng.choice([0, 256]))
    monkeypatch.setattr(range_table, "_STARTS", rng.randint(1, 3))
    policy, overlap = ["per_pass", "resident"][seed % 2], ["none", "full"][seed // 2 % 2]
    problem = one_model(rng.randrange(10_000), weight_policy=policy, overlap=overlap)
    if rng.random() < 0.3:
        problem = scaled(problem, rng.choice([0, 1, 1_000, 2**30 + 1]), rng.choice([0, 1, 2**20]))
    truth, n = Truth(problem), problem.models[0].num_layers
    least = np.concatenate([[0], problem.compute_energy_nj[0].min(axis=1).cumsum()])
    by_nj = rng.choice([0, 1, 7, 2**10])
    rates = [0, rng.choice([1, 5, 2**12]), rng.randint(0, 100)]
    most = rng.choice([0, 10_000, 2**61, 2**61])
    energy = EnergyCosts.of(problem, (3, by_nj), rates, most)
    assert energy.latency_weight == 3
    assert energy.refund.tolist() == [0, *rates]
    for o, rate in enumerate(rates, 1):
        for i in range(n):
            for j in range(i + 1, n + 1):

                def cost(cycles, nj, rate=rate, floor=int(least[j] - least[i])):
                    return rate * cycles + by_nj * (nj - floor)

                for a, known in enumerate(truth.least("range", i, j, cost)[0].tolist()):
                    at = int(energy.offsets[o, 0]) + (a * (n + 1) + i) * (n + 1) + j
                    told = int(energy.costs[at])
                    assert told >= 0
                    assert told <= known or known > most, (o, i, j, a)


def test_tariffs_find_what_the_thriftiest_chiplets_do_not_have_room_for():
    problem = one_model(3, weight_policy="per_pass", overlap="none")
    none = EnergyCosts.ignored(1)
    assert none.refund.tolist() == [0]
    dearest = EnergyCosts.of(problem, (1, 1), [0], 2**61).costs
    assert dearest[dearest < 2**60].max() > 0  # with one type only, some layer pays for it


def test_ranges_that_begin_between_two_starts_cost_what_the_later_one_says(monkeypatch):
    # Half of the work is done by layer 2: what begins with 1 costs at least what begins there.
    run = model([layer(15, 4), layer(15, 4), layer([20, 90], [9, 2]), layer([10, 90], [9, 2])])
    problem = tiny_problem([run], types="ab", windows=2)
    every = EnergyCosts.of(problem, (1, 5), [3], 2**61).costs[1:].reshape(-1, 5, 5)
    monkeypatch.setattr(range_table, "_ALL_STARTS", 0)
    monkeypatch.setattr(range_table, "_STARTS", 2)
    assert range_table.starts_of(problem, 0).tolist() == [0, 2]
    some = EnergyCosts.of(problem, (1, 5), [3], 2**61).costs[1:].reshape(-1, 5, 5)
    for i in (0, 2):
        assert (some[:, i] == every[:, i]).all()
    assert (some[:, 1, 3:] == every[:, 2, 3:]).all()
    assert (some[:, 1, :3] == 0).all()
