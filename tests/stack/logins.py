"""ID tokens from the stack's OpenID provider, by each of its ways."""
import base64
import hashlib
import json
import subprocess
import threading
import urllib.error
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from processes import DIRECT

VERIFIER = "v" * 64  # of PKCE; a real client draws one
NONCE = "nonce-1"
STATE = "state-1"
DEVICE = "urn:ietf:params:oauth:grant-type:device_code"


def get(address, **query):
    with DIRECT.open(f"{address}?{urllib.parse.urlencode(query)}", timeout=30) as answer:
        return answer.read().decode()


def answer_to(request):
    """The status and the JSON."""
    try:
        with DIRECT.open(request, timeout=30) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as problem:
        return problem.code, json.load(problem)


def post(address, **form):
    return answer_to(urllib.request.Request(address, urllib.parse.urlencode(form).encode()))


def post_json(address, value):
    return answer_to(urllib.request.Request(address, json.dumps(value).encode(), {"Content-Type": "application/json"}))


def claims_of(answer):
    """What the token says; the provider signed it, which Fulcio will look at."""
    status, tokens = answer
    assert status == 200, tokens
    payload = tokens["id_token"].split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def discover(issuer):
    return json.loads(get(issuer + "/.well-known/openid-configuration"))


def log_in(browser, address, login):
    subprocess.run([browser, address, login], check=True, stdout=subprocess.DEVNULL, timeout=120)


class Callback:
    """Where the provider sends the browser back to."""

    def __init__(self):
        callback = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                address = urllib.parse.urlparse(self.path)
                if address.path == "/callback":
                    callback.query = dict(urllib.parse.parse_qsl(address.query))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *arguments):
                pass

        self.query = None
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://localhost:{self.server.server_address[1]}/callback"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *arguments):
        self.server.shutdown()
        self.server.server_close()


def by_browser(issuer, browser, login):
    """The claims of a token by the code flow with PKCE."""
    provider = discover(issuer)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
    with Callback() as callback:
        request = {"client_id": "sigstore", "response_type": "code", "scope": "openid email", "state": STATE,
                   "nonce": NONCE, "redirect_uri": callback.address, "code_challenge": challenge,
                   "code_challenge_method": "S256"}
        log_in(browser, f"{provider['authorization_endpoint']}?{urllib.parse.urlencode(request)}", login)
    assert callback.query["state"] == STATE and callback.query["iss"] == issuer, callback.query
    grant = {"grant_type": "authorization_code", "client_id": "sigstore", "code": callback.query["code"],
             "redirect_uri": callback.address}
    status, problem = post(provider["token_endpoint"], **grant, code_verifier="w" * 64)
    assert (status, problem["error"]) == (400, "invalid_grant"), problem
    return claims_of(post(provider["token_endpoint"], **grant, code_verifier=VERIFIER))


def by_device_code(issuer, browser, login):
    provider = discover(issuer)
    status, code = post(provider["device_authorization_endpoint"], client_id="sigstore", scope="openid email")
    assert status == 200, code
    grant = {"grant_type": DEVICE, "client_id": "sigstore", "device_code": code["device_code"]}
    status, problem = post(provider["token_endpoint"], **grant)
    assert (status, problem["error"]) == (400, "authorization_pending"), problem
    log_in(browser, code["verification_uri_complete"], login)
    return claims_of(post(provider["token_endpoint"], **grant))
