"""What the operator's own installation adds to every stack: images and how to pull them."""

from dataclasses import dataclass

from restaurant_operator.crd.stack import Stack


@dataclass(frozen=True, slots=True)
class Platform:
    """The same for every stack of one operator."""

    api_repository: str
    redis_image: str
    pull_policy: str


def select_api_image(stack: Stack, platform: Platform) -> str:
    """An image in the spec wins over the one that the version picks."""
    return stack.spec.image or f"{platform.api_repository}:{stack.spec.version}"
