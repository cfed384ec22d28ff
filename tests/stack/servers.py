"""The servers: how each is started, and what it is told."""
import json
import sys

from keys import PASSWORD
from places import KEYS, NODE, REKOR2, STATE, TUF, port, url
from processes import Server

LOG_NUMBERS = STATE / "logs.json"
SOCKET = "fulcio.sock"


# --- Configurations --------------------------------------------------------------

# How the claims of a job become a certificate, as in Sigstore's own Fulcio.
ACTIONS = {
    "default-template-values": {"url": "https://github.com", "environment": ""},
    "extension-templates": {
        "github-workflow-trigger": "event_name",
        "github-workflow-sha": "sha",
        "github-workflow-name": "workflow",
        "github-workflow-repository": "repository",
        "github-workflow-ref": "ref",
        "build-signer-uri": "{{ .url }}/{{ .job_workflow_ref }}",
        "build-signer-digest": "job_workflow_sha",
        "runner-environment": "runner_environment",
        "source-repository-uri": "{{ .url }}/{{ .repository }}",
        "source-repository-digest": "sha",
        "source-repository-ref": "ref",
        "source-repository-identifier": "repository_id",
        "source-repository-owner-uri": "{{ .url }}/{{ .repository_owner }}",
        "source-repository-owner-identifier": "repository_owner_id",
        "build-config-uri": "{{ .url }}/{{ .workflow_ref }}",
        "build-config-digest": "workflow_sha",
        "build-trigger": "event_name",
        "run-invocation-uri": "{{ .url }}/{{ .repository }}/actions/runs/{{ .run_id }}/attempts/{{ .run_attempt }}",
        "source-repository-visibility-at-signing": "repository_visibility",
        "deployment-environment": "environment",
    },
    "subject-alternative-name-template": "{{ .url }}/{{ .job_workflow_ref }}",
}


def fulcio_config():
    def issuer(name, **kind):
        return {"issuer-url": url(name), "client-id": "sigstore", "contact": "nobody@example.com",
                "description": name, **kind}

    return {"oidc-issuers": {url("issuer"): issuer("issuer", type="email"),
                             url("ci-issuer"): issuer("ci-issuer", type="ci-provider", **{"ci-provider": "actions"})},
            "ci-issuer-metadata": {"actions": ACTIONS}}


def log_number(name):
    """As the log server chose it when it started; 0 before."""
    return json.loads(LOG_NUMBERS.read_text(encoding="ascii"))[name] if LOG_NUMBERS.is_file() else 0


def ctlog_config():
    return f"""config {{
  log_id: {log_number("ctlog")}
  prefix: "ct"
  roots_pem_file: "{KEYS}/fulcio-root.pem"
  private_key {{
    [type.googleapis.com/keyspb.PEMKeyFile] {{ path: "{KEYS}/ctlog.key" password: "{PASSWORD}" }}
  }}
  ext_key_usages: "CodeSigning"
  max_merge_delay_sec: 86400
  expected_merge_delay_sec: 1
}}
"""


# --- Servers ---------------------------------------------------------------------


def issuer(tools, name, kind, what):
    return Server(name, what, [tools.node, NODE / "issuer.mjs", kind, port(name), KEYS / f"{name}.json"],
                  [port(name)], url(name, "/.well-known/openid-configuration"), reads=sorted(NODE.glob("*.mjs")))


def files(name, folder, what):
    command = [sys.executable, "-u", "-m", "http.server", "--bind", "127.0.0.1", "--directory", folder, port(name)]
    return Server(name, what, command, [port(name)], url(name, "/"))


def memory_log(tools):
    command = [tools.binary("memory-log"), "-listen", f"127.0.0.1:{port('memory-log')}", "-numbers", LOG_NUMBERS,
               "ctlog", "rekor1"]
    return Server("memory-log", "Trillian, for the next two", command, [port("memory-log")], str(LOG_NUMBERS),
                  stale=[LOG_NUMBERS])


def ctlog(tools):
    command = [tools.binary("ct_server"), f"--log_config={STATE}/ctlog.cfg", "--logtostderr",
               f"--log_rpc_server=127.0.0.1:{port('memory-log')}", f"--http_endpoint=127.0.0.1:{port('ctlog')}",
               "--quota_remote=false", "--get_sth_interval=0"]
    return Server("ctlog", "the log of certificates", command, [port("ctlog")], url("ctlog", "/ct/ct/v1/get-roots"),
                  reads=[STATE / "ctlog.cfg"])


def fulcio(tools):
    command = [tools.binary("fulcio"), "serve", f"--config-path={STATE}/fulcio.yaml",
               "--ca=fileca", f"--fileca-cert={KEYS}/fulcio.pem", f"--fileca-key={KEYS}/fulcio.key",
               f"--fileca-key-passwd={PASSWORD}", "--fileca-watch=false",
               "--host=127.0.0.1", f"--port={port('fulcio')}",
               "--grpc-host=127.0.0.1", f"--grpc-port={port('fulcio-grpc')}",
               f"--metrics-port={port('fulcio-metrics')}", f"--legacy-unix-domain-socket={SOCKET}",
               f"--ct-log-url={url('ctlog', '/ct')}", f"--ct-log-public-key-path={KEYS}/ctlog.pub"]
    return Server("fulcio", "certificates for identities", command,
                  [port("fulcio"), port("fulcio-grpc"), port("fulcio-metrics")], url("fulcio", "/healthz"),
                  reads=[STATE / "fulcio.yaml"], stale=[STATE / SOCKET])


def rekor1(tools):
    # Not the search by keys and digests, which needs a database.
    endpoints = ["getLogInfo", "getPublicKey", "getLogProof", "createLogEntry", "getLogEntryByIndex",
                 "getLogEntryByUUID", "searchLogQuery"]
    command = [tools.binary("rekor-server"), "serve", "--host=127.0.0.1", f"--port={port('rekor1')}",
               "--rekor_server.hostname=127.0.0.1", f"--rekor_server.signer={KEYS}/rekor1.key",
               "--trillian_log_server.address=127.0.0.1", f"--trillian_log_server.port={port('memory-log')}",
               f"--trillian_log_server.tlog_id={log_number('rekor1')}", "--enable_retrieve_api=false",
               f"--enabled_api_endpoints={','.join(endpoints)}"]
    return Server("rekor1", "Rekor v1", command, [port("rekor1")], url("rekor1", "/api/v1/log"))


def rekor2(tools):
    # --hostname is the origin of checkpoints; clients want the host of the log's address there.
    command = [tools.binary("posix"), "serve", "--http-address=127.0.0.1", f"--http-port={port('rekor2')}",
               "--grpc-address=127.0.0.1", f"--grpc-port={port('rekor2-grpc')}",
               f"--http-metrics-port={port('rekor2-metrics')}", "--hostname=127.0.0.1",
               f"--storage-dir={REKOR2}/api/v2", f"--signer-filepath={KEYS}/rekor2.key",
               "--checkpoint-interval=500ms", "--batch-max-age=100ms", "--persistent-antispam=true"]
    return Server("rekor2", "Rekor v2, for writing", command,
                  [port("rekor2"), port("rekor2-grpc"), port("rekor2-metrics")], url("rekor2", "/healthz"))


def tsa(tools):
    command = [tools.binary("timestamp-server"), "-port", port("tsa"), "-key", KEYS / "tsa.key",
               "-chain", KEYS / "tsa.pem"]
    return Server("tsa", "the timestamp authority", command, [port("tsa")], url("tsa", "/ping"))


def servers(tools):
    """In the order in which they start, each told what it is when those before it run."""
    yield issuer(tools, "issuer", "email", "OpenID provider, for people")
    yield issuer(tools, "ci-issuer", "ci", "OpenID provider, for jobs of GitHub Actions")
    yield tsa(tools)
    yield memory_log(tools)
    yield ctlog(tools)
    yield fulcio(tools)
    yield rekor1(tools)
    yield rekor2(tools)
    yield files("rekor2-tiles", REKOR2, "Rekor v2, for reading")
    yield files("tuf", TUF, "trusted root and signing configuration")
