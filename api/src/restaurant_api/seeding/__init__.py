"""A realistic restaurant to try the product with. Uses the domains' queries; no domain knows it."""
