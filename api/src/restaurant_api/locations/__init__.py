"""The restaurant's places. Other domains use `locations.service` only."""
