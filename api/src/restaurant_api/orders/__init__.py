"""Orders. Other domains use `orders.service` only."""
