"""What a certificate holds, and its file (SPEC section 9)."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import numpy as np

from scar_cp.errors import Fault, InputError
from scar_cp.judge.price_proof import PriceProof
from scar_cp.judge.schedule import Schedule
from scar_cp.partition.kinds import by_port_distance
from scar_cp.partition.range_table import starts_of
from scar_cp.partition.sizes import MOST_SPLIT_COUNTS
from scar_cp.problem.compiled import Problem
from scar_cp.records.limits import MOST_JSON_BYTES
from scar_cp.records.reading import read_bytes, reader, unpacked
from scar_cp.records.writing import write_bytes
from scar_cp.terms import ObjectiveName

__all__ = ["Certificate", "about", "coarsened", "proof_of", "read_packed", "write_certificate"]

_LONG, _FEW_STARTS, _FEW_PARTS = 256, 12, 300
"""Layers of a model whose tables would take the checker an hour; with so few starts, and parts of
the latency, a minute."""
_FREE_EFFORT, _MOST_EFFORT, _LEAST_PARTS = 300_000, 1_000_000, 1000

Certificate = dict[str, Any]
"""As it is written: a mapping of plain integers, texts and lists."""


def about(
    problem: Problem,
    sha256: str,
    objective: ObjectiveName,
    weights: tuple[int, int] | None,
    schedule: Schedule | None,
) -> Certificate:
    """A certificate without any proof yet.

    Parameters
    ----------
    problem
        The compiled problem.
    sha256
        Hash of its file's bytes.
    objective, weights
        What value and bound are about.
    schedule
        The schedule; None: that there is none is what is to be shown.

    Returns
    -------
    dict
        Chiplets are told apart, and long models begin windows, as in the tables of prices.
    """
    told_apart = by_port_distance(problem, MOST_SPLIT_COUNTS)
    groups: list[list[int]] = [[] for _ in told_apart.used_types]
    for chiplet, kind in enumerate(told_apart.chiplet_types):
        groups[kind].append(chiplet)
    return {
        "format": "scar-cp/certificate@1",
        "problem": problem.name,
        "problem_sha256": sha256,
        "objective": objective,
        "weights": None if weights is None else list(weights),
        "value": None,
        "bound": None,
        "schedule": None if schedule is None else schedule.model_dump(mode="json"),
        "groups": groups,
        "starts": [starts_of(problem, m).tolist() for m in range(len(problem.models))],
        "grains": [0] * len(problem.models),
        "models": list(range(len(problem.models))),
        "proofs": [],
    }


def coarsened(problem: Problem, certificate: Certificate) -> Certificate:
    """The certificate with grains that keep the checker's tables of large models affordable.

    A table takes about L²·passes times as long as its counts have partitions to be kept; with
    grains of 1/1000 of the latency it takes a fortieth, and is 0.03 % lower on average. Models of
    very many layers have few starts, too.
    """
    longest = max((proof["longest_cycles"] for proof in certificate["proofs"]), default=0)
    grains, starts = [], []
    for run, of in zip(problem.models, certificate["starts"], strict=True):
        if run.num_layers > _LONG:
            starts.append(of[:: -(-len(of) // _FEW_STARTS)])
            grains.append(longest // (_LEAST_PARTS if len(of) == 1 else _FEW_PARTS))
            continue
        starts.append(of)
        effort = run.num_layers**2 * run.passes if problem.max_windows > 1 else 0
        parts = max(_LEAST_PARTS, _MOST_EFFORT * _LEAST_PARTS // max(1, effort))
        grains.append(longest // parts if effort > _FREE_EFFORT else 0)
    return certificate | {"grains": grains, "starts": starts}


def proof_of(problem: Problem, proof: PriceProof) -> dict[str, Any]:
    """The part of a certificate that a price proof is; ``problem`` has the models it is about."""
    ends = np.cumsum([run.num_layers + 1 for run in problem.models])[:-1]

    def by_model(prices: Any) -> list[Any]:
        return [[[of.tolist() for of in np.split(row, ends)] for row in at] for at in prices]

    return {
        "weights": list(proof.weights),
        "longest_cycles": proof.longest_cycles,
        "cap": proof.cap,
        "tariffs": list(proof.tariffs),
        "leaf": {
            "lengths": proof.lengths_cycles.tolist(),
            "slots": proof.slots,
            "rounds": [by_model(prices) for prices in proof.rounds],
        },
        "tree": None,
    }


@reader
def read_packed(path: str | Path) -> bytes:
    """The bytes of a certificate's file, packed or not.

    Raises
    ------
    InputError
        If it cannot be read.
    """
    try:
        packed = read_bytes(path, MOST_JSON_BYTES)
        if packed.startswith(b"\x1f\x8b"):
            unpacked(packed, MOST_JSON_BYTES, path)
        return packed
    except OSError as error:
        rule = f"cannot be read: {error.strerror}"
        raise InputError([Fault(str(path), "", None, rule)]) from error


def write_certificate(path: str | Path, certificate: Certificate) -> None:
    """Write a certificate, packed if the file's name ends in ``.gz``.

    Parameters
    ----------
    path
        The file.
    certificate
        Of `scar_cp.certify`.

    Raises
    ------
    InputError
        If the file cannot be written there.

    Examples
    --------
    >>> import scar_cp as sc
    >>> outcome = sc.solve(sc.load_problem("instances/quickstart.yaml").problem)
    >>> sc.write_certificate("certificate.json.gz", sc.certify(outcome))  # doctest: +SKIP
    """
    text = json.dumps(certificate, separators=(",", ":")) + "\n"
    packed = str(path).endswith(".gz")
    write_bytes(path, gzip.compress(text.encode(), mtime=0) if packed else text.encode())
