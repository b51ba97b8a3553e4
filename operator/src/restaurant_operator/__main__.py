"""Lets `python -m restaurant_operator` start the operator; owns nothing else."""

from restaurant_operator.main import main

main()
