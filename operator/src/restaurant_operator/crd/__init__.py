"""The custom resource as pydantic models: the only source of the CRD's schema. Pure.

Must not know what is built from it.
"""
