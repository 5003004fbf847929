"""The checker against evaluator, solver and brute force; nothing false is accepted."""

from __future__ import annotations

import subprocess
import sys

import pytest
from random_problems import seeds

from scar_cp.certificates.checker import checker, checker_file

from . import battery, documents, schedule_battery


@seeds(120, quick=20)
def test_schedules_are_accepted_if_they_keep_the_rules(seed):
    schedule_battery.judges_schedules_alike(checker(), seed)


@seeds(12, quick=1)
def test_malformed_documents_are_refused(seed):
    battery.refuses_what_is_malformed(checker(), seed)


@seeds(120, quick=10)
def test_schedules_cost_what_the_evaluator_says(seed):
    schedule_battery.evaluates_alike(checker(), seed)


@seeds(40, quick=5)
def test_a_layer_more_or_less_is_no_schedule(seed):
    schedule_battery.refuses_other_layers(checker(), seed)


@seeds(40, quick=5)
def test_a_missed_deadline_is_no_schedule(seed):
    schedule_battery.refuses_what_misses_a_deadline(checker(), seed)


@seeds(40, quick=5)
def test_busy_links_cost_what_the_evaluator_says(seed):
    schedule_battery.evaluates_busy_links_alike(checker(), seed)


@seeds(40, quick=5)
def test_trees_leave_no_cuts_out(seed):
    battery.trees_cover_all_cuts(checker(), seed)


@seeds(30, quick=2)
def test_tables_with_fewer_starts_hold(seed):
    battery.sparse_tables_hold(checker(), seed)


@seeds(30, quick=2)
def test_tables_are_those_of_the_solver(seed):
    battery.tables_are_exact(checker(), seed)


@seeds(120, quick=10)
def test_no_prices_give_a_bound_above_the_optimum(seed):
    battery.never_passes_the_optimum(checker(), seed)


@seeds(30, quick=2)
def test_bounds_of_the_solver_are_found_again(seed):
    battery.confirms_the_solver(checker(), seed)


@seeds(40, quick=1)
def test_corrupted_certificates_are_refused_or_true(seed):
    battery.refuses_what_is_false(checker(), seed)


def test_the_checker_is_one_file_that_knows_nothing_of_the_package():
    text = checker_file().read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 500
    imports = [line.split()[1] for line in text.splitlines() if line.startswith(("import", "from"))]
    assert {name for name in imports if name not in sys.stdlib_module_names} == {"numpy"}


def test_the_checker_runs_alone(tmp_path):
    made = next(filter(None, map(battery.certified, range(9))))
    problem, _, _, certificate = made
    (tmp_path / "p.json").write_bytes(documents.bytes_of(problem))
    from scar_cp.certificates.certificate import write_certificate

    path = tmp_path / "c.json.gz"
    write_certificate(path, documents.with_hash(problem, certificate))
    run = [sys.executable, "-I", str(checker_file()), str(tmp_path / "p.json"), str(path)]
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("accepted: ")
    path.write_bytes(b"{}")
    done = subprocess.run(run, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout.startswith("rejected: ")
    assert done.stdout.count("\n") == 1


@pytest.mark.parametrize("number", range(len(battery.FALSE_CLAIMS)))
def test_false_claims_that_once_were_accepted_are_refused(number):
    battery.refuses_what_once_was_accepted(checker(), number)
