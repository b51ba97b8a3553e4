"""Thin Kopf handlers: they put keys into the queue, and nothing else happens here."""
