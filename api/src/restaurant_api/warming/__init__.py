"""Filling the cache before guests ask: a pure plan, a runner, and the two occasions (start, job)."""
