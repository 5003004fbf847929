"""The SCAR heuristic (SPEC section 7; MICRO 2024, section IV).

Four engines in the paper's order: MCM-Reconfig packs layers into windows and PROV gives each model
of a window a node count (both in `scar_cp.problem.reconfig`, because problem files carry their
outcome); SEG (`segmentation`, `cut_evolution`) cuts a model's layers into segments; SCHED
(`scheduling`) walks them over the package and combines the models.
"""
