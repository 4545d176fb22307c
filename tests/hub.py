"""A stand-in for the Hugging Face hub on this machine, for its real client: repositories, commits, large files.

Speaks what `huggingface_hub` asks for when it makes a model repository, uploads a folder (large files by Git LFS, its way
when `HF_HUB_DISABLE_XET=1`) and downloads a snapshot. Forgets everything when it ends.
"""

import base64
import hashlib
import json
import socket
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import anyio.to_thread
import pytest
import uvicorn
import yaml
from huggingface_hub import constants
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

TOKEN, SOMEBODY = "hf_localtoken", "somebody"  # whose token it is
LARGE = (".pkl", ".onnx", ".png", ".pth")
REPOSITORY = "/{user}/{name}"


@dataclass(frozen=True)
class Commit:
    """What a repository holds after it: contents by path."""

    sha: str
    title: str
    files: dict[str, bytes]


@dataclass
class Repository:
    private: bool = False
    commits: list[Commit] = field(default_factory=list)

    def commit(self, title: str, files: dict[str, bytes]) -> Commit:
        self.commits.append(Commit(hashlib.sha1(f"{title}{len(self.commits)}".encode()).hexdigest(), title, files))
        return self.commits[-1]

    def at(self, revision: str) -> Commit:
        if revision == "main":
            return self.commits[-1]
        known = {commit.sha: commit for commit in self.commits}
        if revision not in known:
            raise Refusal(404, "RevisionNotFound")
        return known[revision]


class Refusal(Exception):
    """An answer other than 200, with the word that the client reads."""

    def __init__(self, status: int, code: str, message: str = ""):
        headers = {"X-Error-Code": code, "X-Error-Message": message or code}
        self.answer = JSONResponse({"error": message or code}, status, headers)


class Hub:
    """`with Hub() as hub:` listens at `hub.url` until the block ends.

    Attributes:
        repositories: by USER/NAME.
        requests: method and path of each, in their order.
        refuses: while not 0, the status that every request is answered with.
        commits_may_go_on: a commit is answered once this is set.
    """

    def __init__(self) -> None:
        self.repositories: dict[str, Repository] = {}
        self.requests: list[str] = []
        self.refuses = 0
        self.commits_may_go_on = threading.Event()
        self.commits_may_go_on.set()
        self._large: dict[str, bytes] = {}
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._app = Starlette(
            routes=[
                Route("/api/repos/create", self._create, methods=["POST"]),
                Route("/api/validate-yaml", self._validate, methods=["POST"]),
                Route(f"/api/models{REPOSITORY}/preupload/{{revision}}", self._preupload, methods=["POST"]),
                Route(f"/api/models{REPOSITORY}/commit/{{revision}}", self._commit, methods=["POST"]),
                Route(f"/api/models{REPOSITORY}/tree/{{revision}}", self._tree),
                Route(f"/api/models{REPOSITORY}/revision/{{revision}}", self._info),
                Route(f"/api/models{REPOSITORY}", self._info),
                Route(f"{REPOSITORY}.git/info/lfs/objects/batch", self._batch, methods=["POST"]),
                Route("/large/{sha}", self._put, methods=["PUT"]),
                Route(f"{REPOSITORY}/resolve/{{revision}}/{{path:path}}", self._file),
            ],
            exception_handlers={Refusal: lambda _, refusal: refusal.answer},
        )
        config = uvicorn.Config(
            self._at_the_door,
            interface="asgi3",
            log_config=None,
            access_log=False,
            ws="none",
            lifespan="off",
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([self._listening],), daemon=True)

    def hold(self, repository: str, folder: Path, **files: bytes) -> Commit:
        """Commit the files of a folder, as if somebody had uploaded them."""
        contents = {file.name: file.read_bytes() for file in folder.iterdir()}
        repo = self.repositories.setdefault(repository, Repository())
        return repo.commit("By hand", contents | files)

    def connect(self, monkeypatch: pytest.MonkeyPatch, cache: Path) -> None:
        """Have the client in this process, which has read its environment long ago, speak to this hub."""
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(cache))
        monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
        _speak_to(self.url, monkeypatch)

    def go(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Have the client in this process find nobody any more."""
        _speak_to("http://127.0.0.1:1", monkeypatch)

    def environment(self, cache: Path) -> dict[str, str]:
        """The same for another process."""
        return {
            "HF_ENDPOINT": self.url,
            "HF_TOKEN": TOKEN,
            "HF_HUB_CACHE": str(cache),
            "HF_HUB_DISABLE_XET": "1",
        }

    async def _at_the_door(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.requests.append(f"{scope['method']} {scope['path']}")
        token = dict(scope["headers"]).get(b"authorization", b"").decode().removeprefix("Bearer ")
        answer: Any = self._app
        if self.refuses:
            answer = JSONResponse({"error": "not now"}, self.refuses)
        elif token not in ("", TOKEN) or (
            scope["method"] in ("POST", "PUT") and not token and "/large/" not in scope["path"]
        ):
            answer = JSONResponse({"error": "Invalid username or password."}, 401)
        scope["state"] = {"known": token == TOKEN}
        await answer(scope, receive, send)

    def _repository(self, request: Request) -> Repository:
        name = f"{request.path_params['user']}/{request.path_params['name']}"
        repository = self.repositories.get(name)
        if repository is None or (repository.private and not request.state.known):
            raise Refusal(404 if request.state.known else 401, "RepoNotFound", "Repository not found")
        return repository

    async def _create(self, request: Request) -> Response:
        asked = await request.json()
        if asked["organization"] not in (None, SOMEBODY):
            raise Refusal(403, "", "You don't have the rights to create a model under this namespace")
        name = f"{SOMEBODY}/{asked['name']}"
        if name in self.repositories:
            raise Refusal(409, "", "You already created this model repo")
        self.repositories[name] = Repository(asked.get("visibility") == "private" or asked.get("private", False))
        self.repositories[name].commit("initial commit", {".gitattributes": b"*.pkl filter=lfs\n"})
        return JSONResponse({"url": f"{self.url}/{name}", "name": name, "id": name})

    async def _validate(self, request: Request) -> Response:
        parts = (await request.json())["content"].split("---\n")
        try:
            metadata = yaml.safe_load(parts[1]) if not parts[0] and len(parts) > 2 else None
        except yaml.YAMLError as error:
            return JSONResponse({"errors": [{"message": str(error)}]}, 400)
        return JSONResponse({"warnings": [] if metadata else [{"message": "empty or missing yaml metadata"}]})

    async def _preupload(self, request: Request) -> Response:
        now = self._repository(request).at(request.path_params["revision"]).files
        return JSONResponse(
            {
                "files": [
                    {
                        "path": file["path"],
                        "uploadMode": "lfs" if file["path"].endswith(LARGE) else "regular",
                        "shouldIgnore": False,
                        "oid": _identity(file["path"], now[file["path"]]) if file["path"] in now else None,
                    }
                    for file in (await request.json())["files"]
                ]
            }
        )

    async def _batch(self, request: Request) -> Response:
        self._repository(request)
        objects = [
            {"oid": wanted["oid"], "size": wanted["size"]}
            | (
                {}
                if wanted["oid"] in self._large
                else {"actions": {"upload": {"href": f"{self.url}/large/{wanted['oid']}"}}}
            )
            for wanted in (await request.json())["objects"]
        ]
        return JSONResponse({"transfer": "basic", "objects": objects})

    async def _put(self, request: Request) -> Response:
        content = await request.body()
        if hashlib.sha256(content).hexdigest() != request.path_params["sha"]:
            raise Refusal(400, "", "The content is not what was announced")
        self._large[request.path_params["sha"]] = content
        return Response()

    async def _commit(self, request: Request) -> Response:
        repository = self._repository(request)
        lines = [json.loads(line) for line in (await request.body()).splitlines()]
        await anyio.to_thread.run_sync(self.commits_may_go_on.wait)
        files = dict(repository.at(request.path_params["revision"]).files)
        for line in lines:
            value = line["value"]
            match line["key"]:
                case "header":
                    title = value["summary"]
                case "file":
                    files[value["path"]] = base64.b64decode(value["content"])
                case "lfsFile":
                    files[value["path"]] = self._large[value["oid"]]
                case "deletedFile":
                    del files[value["path"]]
        commit = repository.commit(title, files)
        where = f"{self.url}/{request.path_params['user']}/{request.path_params['name']}/commit/{commit.sha}"
        return JSONResponse({"commitUrl": where, "commitOid": commit.sha})

    async def _tree(self, request: Request) -> Response:
        files = self._repository(request).at(request.path_params["revision"]).files
        return JSONResponse(
            [
                {"type": "file", "path": path, "size": len(content), "oid": hashlib.sha1(content).hexdigest()}
                | ({"lfs": _large_file(content)} if path.endswith(LARGE) else {})
                for path, content in files.items()
            ]
        )

    async def _info(self, request: Request) -> Response:
        repository = self._repository(request)
        commit = repository.at(request.path_params.get("revision", "main"))
        name = f"{request.path_params['user']}/{request.path_params['name']}"
        files = [{"rfilename": path} for path in commit.files]
        return JSONResponse(
            {"_id": name, "id": name, "private": repository.private, "sha": commit.sha, "siblings": files, "tags": []}
        )

    async def _file(self, request: Request) -> Response:
        commit = self._repository(request).at(request.path_params["revision"])
        path = request.path_params["path"]
        if path not in commit.files:
            raise Refusal(404, "EntryNotFound")
        content = commit.files[path]
        headers = {"ETag": f'"{_identity(path, content)}"', "X-Repo-Commit": commit.sha}
        return Response(content, headers=headers, media_type="application/octet-stream")

    def __enter__(self) -> Self:
        self._thread.start()
        while not self._server.started:
            time.sleep(0.005)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.commits_may_go_on.set()
        self._server.should_exit = True
        self._thread.join()


def _speak_to(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    template = constants.HUGGINGFACE_CO_URL_TEMPLATE
    monkeypatch.setattr(constants, "HUGGINGFACE_CO_URL_TEMPLATE", template.replace(constants.ENDPOINT, url))
    monkeypatch.setattr(constants, "ENDPOINT", url)


def _identity(path: str, content: bytes) -> str:
    """What the hub calls a file's content: its SHA-256 if large, else the SHA-1 that git gives it."""
    if path.endswith(LARGE):
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def _large_file(content: bytes) -> dict[str, Any]:
    return {"oid": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 134}
