"""Owns the meaning of Idempotency-Key: same key and body, same bytes; same key, other body, refused.

The key, the answer and the order are one transaction, so a lost response can be asked for again without a second order.
"""

import hashlib
from uuid import UUID

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from restaurant_api.clock import Clock
from restaurant_api.db.session import is_lock_timeout
from restaurant_api.errors import ApiError, ErrorCode
from restaurant_api.orders import queries
from restaurant_api.orders.queries import StoredAnswer
from restaurant_api.orders.schemas import NewOrder


def compute_fingerprint(new: NewOrder) -> str:
    """SHA-256 of what the body means: white space and the order of members don't count."""
    return hashlib.sha256(new.model_dump_json().encode()).hexdigest()


async def read_replay(session: AsyncSession, location_id: UUID, key: str, *, fingerprint: str) -> bytes | None:
    """The bytes answered before, or None when the key is new."""
    stored = await queries.read_answer(session, location_id, key)
    if stored is None:
        return None
    if stored.fingerprint != fingerprint:
        raise ApiError(ErrorCode.ORDER_IDEMPOTENCY_MISMATCH)
    return stored.response


async def claim(
    session: AsyncSession, location_id: UUID, key: str, *, answer: StoredAnswer, clock: Clock
) -> bytes | None:
    """None when the key is now this transaction's; the other's bytes when another one was faster.

    PostgreSQL makes the claim wait for a transaction that holds the key; past the lock timeout that is "in flight".
    """
    try:
        claimed = await queries.claim_key(session, location_id, key, answer=answer, now=clock.now())
    except DBAPIError as error:
        if is_lock_timeout(error):
            raise ApiError(ErrorCode.ORDER_IN_FLIGHT, headers={"retry-after": "1"}) from None
        raise
    if claimed:
        return None
    return await read_replay(session, location_id, key, fingerprint=answer.fingerprint)
