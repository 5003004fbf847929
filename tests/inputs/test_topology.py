"""Links, distances and routes."""

from __future__ import annotations

from random import Random

import pytest
from problems import SQUARE, hop_counts, layer, model, random_problem, tiny_problem
from reference_evaluator import route

from scar_cp.inputs.topology import grid_links


def package(count, links, cells=None, **settings):
    return tiny_problem(
        [model([layer(1)])], types="a" * count, links=links, cells=cells, **settings
    )


def grid_cells(rows, columns):
    return [(r, c) for r in range(rows) for c in range(columns)]


def test_a_mesh_has_its_unit_steps() -> None:
    # 0 1 2
    # 3 4 5
    assert grid_links(2, 3, diagonals=False) == [
        (0, 1),
        (0, 3),
        (1, 2),
        (1, 4),
        (2, 5),
        (3, 4),
        (4, 5),
    ]


def test_a_triangular_grid_has_one_diagonal_per_cell() -> None:
    assert grid_links(2, 2, diagonals=True) == [(0, 1), (0, 2), (0, 3), (1, 3), (2, 3)]


def test_one_chiplet_has_no_links() -> None:
    assert grid_links(1, 1, diagonals=True) == []
    assert package(1, []).hops == ((0,),)


def test_xy_changes_the_column_first_so_there_and_back_differ() -> None:
    # 0 1 2 / 3 4 5: 0 to 5 over 1, 2; 5 to 0 over 4, 3.
    problem = package(6, grid_links(2, 3, diagonals=False), grid_cells(2, 3), routing="xy")
    assert problem.routes[0][5] == ((0, 1), (1, 2), (2, 5))
    assert problem.routes[5][0] == ((5, 4), (4, 3), (3, 0))
    assert problem.routes[4][4] == ()


def test_shortest_takes_the_smallest_ids_read_from_the_source() -> None:
    # A ring 0-1-5-3-4-2-0: two ways of three hops between 0 and 3, and each end prefers its
    # smaller neighbour.
    problem = package(6, [(0, 1), (0, 2), (1, 5), (2, 4), (3, 4), (3, 5)])
    assert problem.routes[0][3] == ((0, 1), (1, 5), (5, 3))
    assert problem.routes[3][0] == ((3, 4), (4, 2), (2, 0))


def test_shortest_on_a_mesh_goes_by_ids() -> None:
    problem = package(4, list(SQUARE), grid_cells(2, 2))
    assert problem.routes[0][3] == ((0, 1), (1, 3))
    assert problem.routes[3][0] == ((3, 1), (1, 0))


def test_a_full_mesh_is_recognised_by_its_links_and_cells() -> None:
    mesh = grid_links(2, 3, diagonals=False)
    assert package(6, mesh, grid_cells(2, 3)).is_full_mesh
    assert package(3, [(0, 1), (1, 2)], grid_cells(1, 3)).is_full_mesh
    # a cell short, a diagonal, a link missing, off the mesh
    assert not package(5, [*mesh[:4], (3, 4)], grid_cells(2, 3)[:5]).is_full_mesh
    assert not package(6, grid_links(2, 3, diagonals=True), grid_cells(2, 3)).is_full_mesh
    assert not package(6, mesh[:-1], grid_cells(2, 3)).is_full_mesh
    assert not package(6, mesh).is_full_mesh


def test_ids_need_not_go_row_by_row() -> None:
    # 3 1 / 0 2: unit steps 3-1, 0-2, 3-0, 1-2.
    cells = [(1, 0), (0, 1), (1, 1), (0, 0)]
    problem = package(4, [(0, 2), (0, 3), (1, 2), (1, 3)], cells, routing="xy")
    assert problem.is_full_mesh
    assert problem.routes[0][1] == ((0, 2), (2, 1))


def test_neighbours_are_one_hop_away() -> None:
    assert package(4, list(SQUARE)).neighbours == ((1, 2), (0, 3), (0, 3), (1, 2))


def test_the_nearest_port_counts() -> None:
    # 0-1-2-3 with ports 0 and 3: 1 goes to 0, 2 to 3.
    problem = package(4, [(0, 1), (1, 2), (2, 3)], ports=[0, 3])
    assert [c.port for c in problem.chiplets] == [0, 0, 3, 3]
    assert problem.port_hops == (0, 1, 1, 0)


@pytest.mark.parametrize("seed", range(20))
def test_distances_and_routes_are_those_found_by_listing_paths(seed):
    rng = Random(seed)
    problem = random_problem(rng, max_models=1, max_layers=1)
    ids = range(problem.num_chiplets)
    assert [list(row) for row in problem.hops] == hop_counts(len(ids), problem.links)
    for c in ids:
        for d in ids:
            assert list(problem.routes[c][d]) == route(problem, c, d)
            assert len(problem.routes[c][d]) == problem.hops[c][d]
