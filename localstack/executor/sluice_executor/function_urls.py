"""Function URLs by path: `<endpoint>/_aws/lambda-url/<url id>/<path>`, the form that MiniStack has too.

LocalStack tells function URLs apart by host name, and its names resolve through public DNS only.
This route sends a request by path on to the host that LocalStack expects.
"""

from localstack import config
from localstack.runtime import hooks

REGION = "us-east-1"


@hooks.on_infra_start()
def add_function_url_paths() -> None:
    from localstack.services.edge import ROUTER

    ROUTER.add("/_aws/lambda-url/<url_id>/", endpoint=_forward, defaults={"path": ""})
    ROUTER.add("/_aws/lambda-url/<url_id>/<path:path>", endpoint=_forward)


def _forward(request, url_id: str, path: str):
    from rolo import Request
    from rolo.request import restore_payload
    from localstack.services.edge import ROUTER
    from werkzeug.datastructures import Headers

    headers = Headers(request.headers)
    headers["Host"] = f"{url_id}.lambda-url.{REGION}.{config.LOCALSTACK_HOST}"
    inner = Request(
        method=request.method,
        path=f"/{path}",
        query_string=request.query_string,
        headers=headers,
        body=restore_payload(request),
        remote_addr=request.remote_addr,
    )
    return ROUTER.dispatch(inner)
