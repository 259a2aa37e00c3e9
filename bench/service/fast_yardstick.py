"""The liveness answer by FastAPI, as its first tutorial page writes it. Run by the bench with uvicorn."""

from fastapi import FastAPI  # type: ignore[import-not-found] # in an environment of its own

app = FastAPI()


@app.get("/health/live")  # type: ignore[untyped-decorator] # as above
@app.get("/health/ready")  # type: ignore[untyped-decorator]
async def live() -> dict[str, str]:
    """Answer as the liveness probe does."""
    return {"status": "live"}
