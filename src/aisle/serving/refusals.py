"""The one shape of an error: what is wrong, where, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aisle.errors import AisleError


class RequestError(AisleError):
    """A request that is not answered.

    Parameters
    ----------
    status
        Of the HTTP answer.
    kind
        A short name for programs, such as ``overloaded``.
    what
        What is wrong, in words.
    do
        What the caller can do about it.
    where
        The part of the request: ``products[3].title``.
    retry_after
        Seconds after which asking again has a chance.
    """

    def __init__(
        self,
        status: int,
        kind: str,
        what: str,
        *,
        do: str,
        where: str | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(f"{where}: {what}; {do}" if where else f"{what}; {do}")
        self.status = status
        self.kind = kind
        self.what = what
        self.where = where
        self.do = do
        self.retry_after = retry_after

    @property
    def headers(self) -> dict[str, str]:
        """What the answer's headers say besides."""
        told = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        return {**told, **({"WWW-Authenticate": "Bearer"} if self.status == 401 else {})}

    def to_dict(self, request_id: str) -> dict[str, Any]:
        """Return the JSON shape ``{"error": {status, kind, what, where, do, request_id}}``."""
        return {
            "error": {
                "status": self.status,
                "kind": self.kind,
                "what": self.what,
                "where": self.where,
                "do": self.do,
                "request_id": request_id,
            }
        }


def bad_request(what: str, *, do: str, where: str | None = None) -> RequestError:
    """Return the refusal of a request that cannot be read (400)."""
    return RequestError(400, "bad-request", what, do=do, where=where)


def not_valid(what: str, *, do: str, where: str | None = None) -> RequestError:
    """Return the refusal of a request that can be read and asks for nothing sensible (422)."""
    return RequestError(422, "not-valid", what, do=do, where=where)


def overloaded(what: str, retry_after: int) -> RequestError:
    """Return the refusal of a request for which there is no room (429)."""
    do = f"ask again in {retry_after} s, or send fewer products at once"
    return RequestError(429, "overloaded", what, do=do, retry_after=retry_after)


def of_status(status: int, headers: Mapping[str, str]) -> RequestError:
    """Return the refusal of a route that does not exist, or not for this method."""
    if status == 405:
        allowed = headers.get("allow") or headers.get("Allow") or "another method"
        return RequestError(405, "method", "this address is not asked so", do=f"use {allowed}")
    do = "see /openapi.json for what there is"
    return RequestError(status, "not-found" if status == 404 else "http", "nothing here", do=do)
