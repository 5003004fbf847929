"""Pipeline partitions: the best way to cut a model's layers over counts of chiplets per type.

Inside a window a model's latency depends only on how its layer range is cut and which chiplet
*type* each segment gets; the exact chiplet matters through hops alone, which are taken at their
least here. So every value is a lower bound, and nearly attained.
"""
