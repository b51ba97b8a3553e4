"""Owns how money and text look at the HTTP border. Amounts are whole minor units (cents); no float ever holds money."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

_SPARE_MEMBERS = 8
"""So many unknown members are still named one by one."""


class ApiModel(BaseModel):
    """Base of everything that crosses HTTP: camelCase names, unknown members refused."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        serialize_by_alias=True,
        extra="forbid",
        frozen=True,
    )


class RequestModel(ApiModel):
    """Base of what clients send. Far too many members are one error: listing 95,000 of them took more than a second."""

    @model_validator(mode="before")
    @classmethod
    def _bound_members(cls, value: Any) -> Any:  # noqa: ANN401 - whatever the client sent
        bound = len(cls.model_fields) + _SPARE_MEMBERS
        if isinstance(value, dict) and len(value) > bound:
            kind = "too_many_members"
            raise PydanticCustomError(kind, "Object should have at most {bound} members", {"bound": bound})
        return value


class Money(ApiModel):
    """An amount of money."""

    amount: Annotated[int, Field(description="Whole minor units, for example cents", examples=[1250])]
    currency: Annotated[str, Field(description="ISO 4217 code", pattern="^[A-Z]{3}$", examples=["EUR"])]


PlainText = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$")]
"""Text without control characters: PostgreSQL cannot store NUL, and kitchen printers act on the others."""
