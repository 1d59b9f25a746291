"""A server with the very options of ours that gives fixed bytes, `/10240` so many: what HTTP alone costs here."""

import socket

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from petitions import serve
from petitions.settings import Settings


async def fixed(request: Request) -> Response:
    return Response(b"x" * request.path_params["size"], media_type="text/html")


if __name__ == "__main__":
    # In place of our application: so the server's options can't ever be others than the site's.
    serve.Application = lambda settings: lambda: Starlette(routes=[Route("/{size:int}", fixed)])
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener:
        print(f"http://localhost:{listener.getsockname()[1]}/", flush=True)
        serve._run(Settings(), listener, workers=1)
