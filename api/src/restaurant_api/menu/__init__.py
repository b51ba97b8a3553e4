"""The menu. Other domains use `menu.service` only."""
