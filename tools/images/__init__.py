"""Builds the container images that the demo and the tests use, as archives in the user's cache.

Owns the images' contents and names. A Docker or Podman engine builds them where one works, buildah elsewhere;
the Dockerfiles are the same, only BASE_IMAGE differs.
"""
