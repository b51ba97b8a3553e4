"""Alembic's migrations. They are inside the package so that the image needs nothing but site-packages."""
