"""A page that shows the OpenAPI document without the internet."""
