"""Owns how routers get at the process's context. Must not open transactions: routers do, in sight.

A coroutine although it awaits nothing: FastAPI runs plain functions in a thread, which made a warm menu read cost over
three times as much. One dependency rather than one for each part, for the same reason.
"""

from typing import Annotated

from fastapi import Depends, Request

from restaurant_api.context import Context


async def _get_context(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


ContextDep = Annotated[Context, Depends(_get_context)]
