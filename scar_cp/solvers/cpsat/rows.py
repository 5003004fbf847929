"""Rows of costs whose sums stay small, however many costs there are.

CP-SAT is not to be trusted with large sums: its presolve adds up coefficients in 32 bits
(google/or-tools issue 5293). A cost is pressed down by every objective, so that a row
``target >= Σ cost`` can be cut into rows over partial sums, none of which passes the target.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from ortools.sat.python import cp_model

from scar_cp.clock import look
from scar_cp.solvers.cpsat.variables import Variables

__all__ = ["MAX_ACTIVITY", "Cost", "Rows", "activities", "times"]

MAX_ACTIVITY = 2**31 - 1
"""No row's terms, each at its largest, add up to more."""

Cost = tuple[cp_model.IntVar, int]
"""A variable, and what each unit of it costs."""


def times(factor: int, costs: Iterable[Cost]) -> list[Cost]:
    """The costs, so many times."""
    return [(variable, factor * cost) for variable, cost in costs]


@dataclass(frozen=True)
class _Term:
    """What one variable adds to a row."""

    variable: cp_model.IntVar
    factor: int
    most: int
    """The term at its largest."""


class Rows:
    """Adds rows of costs to the model of some variables."""

    def __init__(self, variables: Variables) -> None:
        self._v = variables
        self._cp = variables.cp

    def at_least(
        self,
        target: cp_model.IntVar,
        costs: Iterable[Cost],
        only_if: cp_model.LiteralT | None = None,
    ) -> None:
        """Add ``target >= Σ costs``, whole or in parts, perhaps only if a literal holds.

        Parameters
        ----------
        target
            A variable from 0 to at most `MAX_TICKS`, which nothing but costs presses up.
        costs
            Variables, each with what a unit of it costs, 0 or more.
        only_if
            A literal.
        """
        upper = _upper(target)
        row: list[_Term] = []
        held = 0
        for variable, cost in _merged(costs):
            term = self._no_more_than(upper, variable, cost, only_if)
            if held + term.most > MAX_ACTIVITY - 2 * upper:  # room for the target and a part
                row = [self._part(upper, row, only_if)]
                held = upper
            row.append(term)
            held += term.most
        self._add(target, row, only_if)

    def _no_more_than(
        self, upper: int, variable: cp_model.IntVar, cost: int, only_if: cp_model.LiteralT | None
    ) -> _Term:
        """The term with the same meaning below a limit, and not far beyond it."""
        most, top = upper // cost, _upper(variable)
        if top <= most:
            return _Term(variable, cost, cost * top)
        if top == 1:  # one beyond the limit says as much as any other figure
            return _Term(variable, upper + 1, upper + 1)
        meaning = self._v.meaning(variable)
        kept = self._v.integer("kept", most, lambda at: min(most, int(meaning(at))))
        self._add(kept, [_Term(variable, 1, top)], only_if)
        return _Term(kept, cost, cost * most)

    def _part(self, upper: int, row: list[_Term], only_if: cp_model.LiteralT | None) -> _Term:
        """A variable for the sum of some terms."""
        meanings = [(self._v.meaning(term.variable), term.factor) for term in row]
        part = self._v.integer(
            "part",
            upper,
            lambda at: min(upper, sum(factor * int(of(at)) for of, factor in meanings)),
        )
        self._add(part, row, only_if)
        return _Term(part, 1, upper)

    def _add(
        self, target: cp_model.IntVar, row: list[_Term], only_if: cp_model.LiteralT | None
    ) -> None:
        look()
        total = cp_model.LinearExpr.weighted_sum(
            [term.variable for term in row], [term.factor for term in row]
        )
        added = self._cp.add(target >= total)
        if only_if is not None:
            added.only_enforce_if(only_if)


def _merged(costs: Iterable[Cost]) -> Iterator[Cost]:
    """Each variable once, and none that costs nothing."""
    total: dict[int, int] = {}
    variables: dict[int, cp_model.IntVar] = {}
    for variable, cost in costs:
        assert cost >= 0, "a cost is never negative"
        if cost:
            variables[variable.index] = variable
            total[variable.index] = total.get(variable.index, 0) + cost
    return ((variables[index], cost) for index, cost in total.items())


def activities(model: cp_model.CpModel) -> Iterator[int]:
    """For every row of a model, and its objective: the sum of its terms, each at its largest."""
    proto: Any = model.proto
    tops = [max(map(abs, variable.domain)) for variable in proto.variables]

    def total(expression: Any) -> int:
        terms = zip(expression.vars, expression.coeffs, strict=True)
        return sum(abs(factor) * tops[v if v >= 0 else -v - 1] for v, factor in terms)

    yield total(proto.objective)
    for row in proto.constraints:
        if row.has_linear():
            yield total(row.linear)
        elif row.has_element():  # expanded to a sum over literals, one for every value
            yield sum(abs(value.offset) for value in row.element.exprs)


def _upper(variable: cp_model.IntVar) -> int:
    """The largest value of a variable."""
    return int(variable.domain.max())
