"""Makes `python -m restaurant_api` the same as the `restaurant-api` command. Owns nothing else."""

from restaurant_api.cli import main

if __name__ == "__main__":
    main(prog_name="restaurant-api")
