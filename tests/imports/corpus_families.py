"""Architectures by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from onnx import ModelProto

__all__ = ["Families"]


class Families(dict[str, Callable[[], ModelProto]]):
    """What builds each architecture; named by its family and parameters."""

    def of(
        self, *members: tuple[object, ...]
    ) -> Callable[[Callable[..., ModelProto]], Callable[..., ModelProto]]:
        """Add a builder with each of some lists of arguments."""

        def add(build: Callable[..., ModelProto]) -> Callable[..., ModelProto]:
            for arguments in members:
                name = "-".join(map(str, (build.__name__, *arguments)))
                assert name not in self
                self[name] = partial(build, *arguments)
            return build

        return add
