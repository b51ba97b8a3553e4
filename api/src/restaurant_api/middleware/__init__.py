"""Pure ASGI middleware around the whole framework. Order and assembly are in `stack`."""
