"""Decides, from what is observed alone, how far a rollout may go next. Pure.

The operator may die at any point and go on.
"""
