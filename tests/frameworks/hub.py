"""A Hub in this process, which speaks as much of the Hub's protocol as its clients ask for."""
import base64
import contextlib
import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit


class Hub:
    """Repositories by their names; each is a list of commits, and a commit its files.

    `serve` may be replaced by what a hostile Hub does to a file it hands out.
    """

    def __init__(self):
        self.repositories = {}
        self.serve = lambda name, content: content
        self.url = ""

    def head(self, repo):
        return self.repositories[repo][-1]

    def commit(self, repo, added, removed=()):
        commits = self.repositories.setdefault(repo, [])
        files = dict(commits[-1]) if commits else {}
        for name in removed:
            files.pop(name, None)
        files.update(added)
        commits.append(files)

    def sha(self, repo):
        return hashlib.sha1(f"{repo} {len(self.repositories[repo])}".encode()).hexdigest()


@contextlib.contextmanager
def running():
    """A Hub that listens at hub.url."""
    hub = Hub()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"hub": hub}))
    hub.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.answer()

    def do_HEAD(self):
        self.answer()

    def do_POST(self):
        self.body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        path = urlsplit(self.path).path
        if path == "/api/repos/create":
            wanted = json.loads(self.body)
            repo = f"{wanted['organization']}/{wanted['name']}" if wanted.get("organization") else wanted["name"]
            fresh = repo not in self.hub.repositories
            if fresh:
                self.hub.commit(repo, {".gitattributes": b""})
            return self.json({"url": f"{self.hub.url}/{repo}"}, 200 if fresh else 409)
        if path == "/api/validate-yaml":
            return self.json({"errors": [], "warnings": []})
        repo, rest = self.split(path.removeprefix("/api/models/"))
        if rest.startswith("preupload/"):
            files = json.loads(self.body)["files"]
            return self.json({"files": [{"path": file["path"], "uploadMode": "regular", "shouldIgnore": False}
                                        for file in files]})
        if rest.startswith("commit/"):
            return self.take_commit(repo)
        return self.json({"error": path}, 404)

    def take_commit(self, repo):
        added, removed = {}, []
        for line in self.body.splitlines():
            item = json.loads(line)
            if item["key"] == "file":
                added[item["value"]["path"]] = base64.b64decode(item["value"]["content"])
            elif item["key"] == "deletedFile":
                removed.append(item["value"]["path"])
        self.hub.commit(repo, added, removed)
        return self.json({"commitUrl": f"{self.hub.url}/{repo}/commit/{self.hub.sha(repo)}",
                          "commitOid": self.hub.sha(repo), "success": True})

    def split(self, path):
        parts = unquote(path).split("/")
        return "/".join(parts[:2]), "/".join(parts[2:])

    def answer(self):
        path = urlsplit(self.path).path
        if path.startswith("/api/models/"):
            repo, rest = self.split(path.removeprefix("/api/models/"))
            if repo not in self.hub.repositories:
                return self.json({"error": "Repository not found"}, 404, {"X-Error-Code": "RepoNotFound"})
            if rest.startswith("tree/"):
                return self.json([{"type": "file", "path": name, "size": len(content), "oid": _oid(content)}
                                  for name, content in self.hub.head(repo).items()])
            return self.json({"id": repo, "modelId": repo, "sha": self.hub.sha(repo), "private": False, "tags": [],
                              "downloads": 0, "likes": 0,
                              "siblings": [{"rfilename": name} for name in self.hub.head(repo)]})
        repo, rest = self.split(path.lstrip("/"))
        return self.file(repo, rest.split("/", 2)[2] if rest.startswith("resolve/") else rest)

    def file(self, repo, name):
        content = self.hub.head(repo).get(name)
        if content is None:
            return self.json({"error": "Entry not found"}, 404, {"X-Error-Code": "EntryNotFound"})
        # What it is called by is the true content, whatever is served: as a Hub that lies would.
        return self.send(200, "application/octet-stream", self.hub.serve(name, content),
                         {"ETag": f'"{_oid(content)}"', "X-Repo-Commit": self.hub.sha(repo)})

    def json(self, value, status=200, headers=None):
        return self.send(status, "application/json", json.dumps(value).encode(), headers)

    def send(self, status, kind, content, headers=None):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)


def _oid(content):
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
