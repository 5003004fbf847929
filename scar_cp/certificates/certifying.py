"""Certificates for what a search has found."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import replace

from scar_cp.certificates.certificate import Certificate, about, coarsened, proof_of
from scar_cp.certificates.checker import checker
from scar_cp.certificates.growing import grown
from scar_cp.errors import ScarError
from scar_cp.judge.bounds import simple_bounds
from scar_cp.judge.price_proof import PriceProof
from scar_cp.outcome.solving import Outcome, Stop, question_of
from scar_cp.problem.compiled import Problem
from scar_cp.records.yaml_json import to_json
from scar_cp.solvers import Request, Search
from scar_cp.solvers.cpsat.windows_stage import many_windows, prices_suit, shown_late
from scar_cp.terms import TIME_LIMIT_S

__all__ = ["certify"]


def certify(
    outcome: Outcome, time_limit_s: float = TIME_LIMIT_S, stop: Stop | None = None
) -> Certificate:
    """Put together what proves an outcome's bound, and check it.

    Prices of the search are used where it left some; otherwise they are looked for. CP-SAT's proofs
    cannot be carried: the certified bound may be below the outcome's.

    Parameters
    ----------
    outcome
        Of `scar_cp.solve`.
    time_limit_s
        For prices that the search left none of. Checking takes its own time.
    stop
        As for `scar_cp.solve`; once it says yes, what is known by then is certified.

    Returns
    -------
    dict
        As `scar_cp.write_certificate` takes it; value and bound are those that the checker found.
        The bound is about the full space, and so about every smaller one.

    Raises
    ------
    ScarError
        If there is nothing to certify, or nothing that prices prove.

    Examples
    --------
    >>> import scar_cp as sc
    >>> outcome = sc.solve(sc.load_problem("instances/quickstart.yaml").problem)
    >>> certificate = certify(outcome)
    >>> certificate["value"] == certificate["bound"] == outcome.result.value
    True
    """
    problem, result, stopped = outcome.problem, outcome.result, question_of(stop)
    if result.status == "infeasible":
        return _infeasible(problem, result.problem_sha256, time_limit_s, stopped)
    if result.schedule is None or result.value is None:
        raise ScarError("there is no schedule, and no proof that there is none: nothing to certify")
    if not prices_suit(problem):
        raise ScarError("the package or a model is too large for tables of prices: not certified")
    certificate = about(
        problem, result.problem_sha256, result.objective, result.weights, result.schedule
    )
    certificate["value"], certificate["bound"] = result.value, 0
    proofs = outcome.price_proofs
    if not proofs and result.objective != "energy":
        proofs = _prices(outcome, time_limit_s, stopped)
    certificate["proofs"] = [proof_of(problem, proof) for proof in proofs]
    return _checked(problem, coarsened(problem, certificate))


def _prices(
    outcome: Outcome, time_limit_s: float, stop: Callable[[], bool]
) -> tuple[PriceProof, ...]:
    """Prices for a problem that a search has closed in other ways, or not at all."""
    problem, result = outcome.problem, outcome.result
    request = Request(
        objective=result.objective,
        weights=result.weights,
        time_limit_s=time_limit_s,
        seed=result.seed,
        gap=result.gap or 0.0,
    )
    request = replace(request, cpsat=replace(request.cpsat, annealing=False, joint=False))
    search = Search(problem, request, stop=stop)
    # What the formulas say of the objective itself must not end the search: no price proves it.
    known = [bound for bound in simple_bounds(problem) if bound.objective != result.objective]
    search.bounds += known
    assert result.schedule is not None
    search.offer(result.schedule, outcome.author)
    many_windows(search)
    return tuple(search.price_proofs.values())


def _infeasible(
    problem: Problem, sha256: str, time_limit_s: float, stop: Callable[[], bool]
) -> Certificate:
    """Models whose deadlines come before they can all be done."""
    ends = sorted({m.deadline_cycles for m in problem.models if m.deadline_cycles is not None})
    until = time.monotonic() + time_limit_s
    for deadline in ends:
        models = [
            m
            for m, run in enumerate(problem.models)
            if run.deadline_cycles is not None and run.deadline_cycles <= deadline
        ]
        only = problem.replace(models=tuple(problem.models[m] for m in models))
        proof = shown_late(only, deadline, lambda: time.monotonic() < until and not stop())
        if proof is not None:
            certificate = about(problem, sha256, "latency", None, None)
            certificate |= {"models": models, "proofs": [proof_of(only, proof)]}
            return _checked(problem, certificate)
    raise ScarError("prices do not show that deadlines cannot be kept: not certified")


def _checked(problem: Problem, certificate: Certificate) -> Certificate:
    """The certificate with the bound that the checker finds, raised by a tree where that is cheap.

    Raises
    ------
    ScarError
        If the checker does not accept it.
    """
    data = to_json(problem).encode()
    mine = certificate | {"problem_sha256": hashlib.sha256(data).hexdigest()}
    mine = grown(problem, data, mine)
    try:
        _, bound = checker().check(data, mine)
    except ValueError as why:
        raise ScarError(f"the checker does not accept the certificate: {why}") from why
    return certificate | {"proofs": mine["proofs"], "bound": bound}
