"""The console's files, and the way in: a one-time ticket becomes a session."""

from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import APIRouter, FastAPI, Query, Request, Response
from fastapi.responses import FileResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.types import Scope

from cloud.api.context import Context
from cloud.api.gatekeeper import COOKIE
from cloud.api.problems import Problem
from cloud.registry import sessions
from protocols.vocabulary import OBSERVED_PROPERTIES

router: Final = APIRouter(tags=["console"])
_SERVED: Final = frozenset(
    {".html", ".js", ".mjs", ".css", ".svg", ".png", ".ico", ".woff2", ".json", ".geojson", ".webmanifest"}
)


class _ConsoleFiles(StaticFiles):
    """What a browser needs and nothing else of the folder: it is a package, too."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        if Path(path).suffix not in _SERVED:
            raise HTTPException(404)
        return await super().get_response(path, scope)


def install(app: FastAPI, folder: Path) -> None:
    """Serve ``folder/index.html`` as `/` and the folder under `/console/`."""
    app.include_router(router)  # before the folder, of which one file is made here
    app.mount("/console", _ConsoleFiles(directory=folder, check_dir=False), name="console")

    @app.get("/", include_in_schema=False, response_model=None)
    def index() -> Response:
        page = folder / "index.html"
        if not page.is_file():
            raise HTTPException(404, "the console is not installed; the API is documented at /docs")
        return FileResponse(page, headers={"Cache-Control": "no-cache"})


@router.get("/console/properties.json", include_in_schema=False)
async def properties() -> dict[str, Any]:
    """The table of observed properties, as the page names them; no secret, as the page itself."""
    return {"items": [row._asdict() for row in OBSERVED_PROPERTIES.values()]}


@router.get("/login", response_model=None, status_code=303)
def login(context: Context, request: Request, ticket: Annotated[str, Query(max_length=100)]) -> Response:
    """Turn a one-time ticket into a session of the console."""
    if not context.tickets.redeem(ticket):
        raise Problem(401, "this link was used already or is too old; ask for a new one")
    with context.database.begin() as tx:
        token = sessions.start(tx, context.clock.now_ms())
    answer = RedirectResponse("/", 303)
    answer.set_cookie(
        COOKIE,
        token,
        max_age=sessions.LIFETIME_MS // 1000,
        path="/",
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return answer
