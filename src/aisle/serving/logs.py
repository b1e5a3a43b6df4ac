"""One JSON object a log line, with the id of the request that it is about."""

from __future__ import annotations

import json
import logging
import random
import re
import sys
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime

REQUEST_ID: ContextVar[str | None] = ContextVar("aisle_request_id", default=None)
"""The request that is being answered; None outside of one."""

ACCESS = logging.getLogger("aisle.serving.access")

# Ids tell requests apart and keep no secret; the system's own source costs a call of it each time.
_DICE = random.Random()
_WELL_FORMED = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_LOGGERS = ("aisle", "uvicorn")


def request_id(given: str | None) -> str:
    """Return the id that the caller gave if it is well-formed, else a new one."""
    if given is not None and _WELL_FORMED.fullmatch(given):
        return given
    return f"{_DICE.getrandbits(64):016x}"


class JsonLines(logging.Formatter):
    """Formats records as JSON; what a caller put into them cannot begin a new line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line."""
        told = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            "request_id": REQUEST_ID.get(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info and record.exc_info[0] is not None:
            told["traceback"] = "".join(traceback.format_exception(*record.exc_info))
        return json.dumps(told, ensure_ascii=True, default=str)


def log_in_json() -> None:
    """Send what Aisle and the web server log to stderr as JSON lines, once for this process."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(logging.INFO)
        logger.propagate = False
