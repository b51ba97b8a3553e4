"""Names that the operator shares with the cluster; must not hold anything that a user may configure."""

GROUP = "restaurantstack.dev"
VERSION = "v1alpha1"
API_VERSION = f"{GROUP}/{VERSION}"
KIND = "RestaurantStack"
PLURAL = "restaurantstacks"

FIELD_MANAGER = "restaurantstack-operator"
USER_AGENT = "restaurant-operator"

STACK_LABEL = f"{GROUP}/stack"
"""On every child: the stack's name. Children are selected, watched and pruned by it."""

RELEASE_LABEL = f"{GROUP}/release"
"""On Jobs and on the Deployment's pods: the fingerprint of the rollout that they belong to."""

APPLIED_ANNOTATION = f"{GROUP}/applied"
"""Hash of the manifest as we last applied it; tells that a field is no longer declared."""

API_PORT = 8000
MANAGEMENT_PORT = 9000
REDIS_PORT = 6379

MAX_STACK_NAME = 40
"""The longest child name (`<stack>-api-management`) and the pods' own suffixes must fit into 63 characters."""
