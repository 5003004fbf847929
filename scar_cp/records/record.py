"""The base of every record that is read from or written to a file."""

from __future__ import annotations

from typing import Annotated, Any, Self, TypeVar, cast

from pydantic import BaseModel, ConfigDict, Field, Strict

T = TypeVar("T")

Seq = Annotated[tuple[T, ...], Strict(False)]
"""An immutable sequence; files write it as a list."""

PositiveInt = Annotated[int, Field(gt=0)]
NonNegativeInt = Annotated[int, Field(ge=0)]
PositiveFloat = Annotated[float, Field(gt=0)]
NonNegativeFloat = Annotated[float, Field(ge=0)]


class Record(BaseModel):
    """A frozen record: no unknown keys, no silent conversion, no NaN or infinity."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,  # they are the descriptions of the JSON Schemas
    )

    def __eq__(self, other: object) -> bool:
        """Whether all fields are equal; what is cached beside them is not asked."""
        if type(other) is not type(self):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in type(self).model_fields)

    def replace(self, **changes: Any) -> Self:
        """Return a copy with some fields changed (and nothing cached of the original)."""
        fields = {name: getattr(self, name) for name in type(self).model_fields}
        return cast(Self, type(self).model_construct(**(fields | changes)))

    @classmethod
    def unchecked(cls, **fields: Any) -> Self:
        """A record of values that something else has checked, or will."""
        return cast(Self, cls.model_construct(None, **fields))
