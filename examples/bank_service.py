"""A bank's loan-decision service: one scorecard, pinned, proven on this machine, then scored over HTTP.

    CREDITSCORE_CARD=sample.scorecard CREDITSCORE_DIGEST=sha256:… python examples/bank_service.py --port 8000

    POST /score   {"as_of": "2026-01-31T12:00:00+08:00", "history": {"transactions": […]}, "application": {…}}
    GET  /health  the model's id and digest

Needs the service extra. `CREDITSCORE_PUBLIC_KEY` names a PEM file where scorecards are signed. Nothing of a borrower is
logged, and no error repeats what was sent.
"""

import argparse
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

import creditscore
from creditscore.errors import InputError, ScorecardError
from creditscore.scoring.conformance import replay

# A history of some ten thousand events; what is larger is no history of one borrower.
LARGEST_BODY = 8 << 20


class Asked(BaseModel):
    """What is asked for: the contract's columns are checked by score() itself."""

    model_config = ConfigDict(extra="forbid")

    as_of: str
    history: dict[str, list[dict[str, Any]]]
    application: dict[str, Any] = {}
    reference: str | None = None


@asynccontextmanager
async def opened(app: FastAPI) -> AsyncIterator[None]:
    """Load the pinned scorecard and replay its vectors, which compiles what is not in the cache, before listening."""
    card = creditscore.load(
        os.environ["CREDITSCORE_CARD"],
        digest=os.environ["CREDITSCORE_DIGEST"],
        public_key=os.environ.get("CREDITSCORE_PUBLIC_KEY"),
    )
    if differences := replay(card):
        raise ScorecardError(f"this machine scores otherwise than the scorecard's maker: {differences[0]}")
    app.state.card = card
    yield


app = FastAPI(title="creditscore", lifespan=opened)


@app.post("/score")
def score(asked: Asked, request: Request) -> dict[str, Any]:
    """One borrower's score; "not scorable" is one too. FastAPI runs this on a thread, and kernels let the GIL go."""
    result = creditscore.score(
        request.app.state.card,
        asked.history,
        as_of=asked.as_of,
        application=asked.application,
        reference=asked.reference,
    )
    plain: dict[str, Any] = result.to_dict()
    return plain


@app.get("/health")
def health(request: Request) -> dict[str, str]:
    card = request.app.state.card
    return {"model_id": card.model_id, "digest": card.digest}


@app.middleware("http")
async def limit_size(request: Request, go_on: Any) -> Any:
    """Refuse what declares a body too large, or none of its length, before it is read."""
    length = request.headers.get("content-length", "0" if request.method == "GET" else "")
    if not length.isdigit() or int(length) > LARGEST_BODY:
        return JSONResponse({"error": f"expected Content-Length of at most {LARGEST_BODY:,} bytes"}, 413)
    return await go_on(request)


@app.exception_handler(InputError)
async def refused(_: Request, error: InputError) -> JSONResponse:
    """A request that is wrong: the field and the fix, and nothing of the borrower."""
    return JSONResponse({"error": str(error)}, 422)


@app.exception_handler(RequestValidationError)
async def malformed(_: Request, error: RequestValidationError) -> JSONResponse:
    """What is no request at all: where and why, without the values that FastAPI would repeat."""
    told = [f"{'.'.join(str(part) for part in one['loc'][:3])}: {one['type']}" for one in error.errors()[:5]]
    return JSONResponse({"error": "; ".join(told)}, 422)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    asked_for = parser.parse_args()
    uvicorn.run(app, host=asked_for.host, port=asked_for.port, log_level="info", access_log=False)
