"""Compares the credentials that savepeek and the vendor's library use. The argument is savepeek.

For each case both get the same environment and home directory. The library prints the keys that it
found. For savepeek a service on loopback records the key ID and token of the request, and checks the
signature with the secret that the library found.
"""

import hashlib
import hmac
import http.server
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import threading
import traceback

from sts import CREDENTIALS as ROLE_CREDENTIALS, Sts

DATA = pathlib.Path("tests/data/credentials").resolve()
URI_CREDENTIALS = json.loads((DATA / "imds-or-uri-response.json").read_text())

RESOLVE = """
import json, sys
from alibabacloud_credentials.provider import DefaultCredentialsProvider
from Tea.core import TeaCore
# The library takes a proxy from the environment, but no certificate.
do_action = TeaCore.do_action
TeaCore.do_action = staticmethod(lambda request, options: do_action(request, {**(options or {}), "ca": sys.argv[1]}))
keys = DefaultCredentialsProvider().get_credentials()
print(json.dumps([keys.get_access_key_id(), keys.get_access_key_secret(), keys.get_security_token() or ""]))
"""

requests = []


class Service(http.server.BaseHTTPRequestHandler):
    """The savepoint service, a credentials URI, and CloudSSO."""

    def answer(self, body):
        body = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json;charset=utf-8")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path == "/credentials":
            return self.answer(URI_CREDENTIALS)
        requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        self.answer({"requestId": "R", "success": True, "data": {"savepointId": "sp"}})

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        sso = next(p for p in SAMPLE["profiles"] if p["name"] == "sso")
        names = {"AccessKeyId": "access_key_id", "AccessKeySecret": "access_key_secret", "SecurityToken": "sts_token"}
        credentials = {theirs: sso[ours] for theirs, ours in names.items()}
        self.answer({"CloudCredential": {**credentials, "Expiration": "2100-01-01T00:00:00Z"}})

    def log_message(self, *_):
        pass


SAMPLE = json.loads((DATA / "home/.aliyun/config.json").read_text())
SECRETS = {p["access_key_id"]: p["access_key_secret"] for p in SAMPLE["profiles"] if "access_key_id" in p}
scratch = tempfile.TemporaryDirectory()
sts = Sts(scratch.name, {**SECRETS, "LTAI5tFAKEINI02": "fakeSecretIni02", "LTAI5tENV": "envSecret"})
TOKEN = pathlib.Path(scratch.name) / "token"
TOKEN.write_text("fake.oidc+token==")
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=server.serve_forever, daemon=True).start()
here = f"http://127.0.0.1:{server.server_port}"


def signature(path, headers, secret):
    """The ACS3-HMAC-SHA256 signature of the raw request."""
    names = headers["authorization"].split("SignedHeaders=")[1].split(",")[0]
    signed = "".join(f"{name}:{headers[name].strip()}\n" for name in names.split(";"))
    canonical = f"GET\n{path}\n\n{signed}\n{names}\n{hashlib.sha256(b'').hexdigest()}"
    text = "ACS3-HMAC-SHA256\n" + hashlib.sha256(canonical.encode()).hexdigest()
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def home(directory, config, ini):
    """A home directory with the sample's files, adapted to this machine."""
    if config:
        profiles = {profile["name"]: dict(profile) for profile in SAMPLE["profiles"]}
        profiles["external"]["process_command"] = f"cat '{DATA}/external-sts.json'"
        profiles["external-ak"] = {**profiles["external"], "name": "external-ak"}
        profiles["external-ak"]["process_command"] = f"cat '{DATA}/external-ak.json'"
        profiles["sso"]["cloud_sso_sign_in_url"] = f"{here}/login"
        profiles["uri"]["credentials_uri"] = f"{here}/credentials"
        profiles["oidc"]["oidc_token_file"] = str(TOKEN)
        profiles["of-sts"] = {**profiles["chained"], "name": "of-sts", "source_profile": "sts"}
        (directory / ".aliyun").mkdir()
        changed = {**SAMPLE, "profiles": list(profiles.values())}
        (directory / ".aliyun/config.json").write_text(json.dumps(changed))
    if ini:
        (directory / ".alibabacloud").mkdir()
        text = (DATA / "home/.alibabacloud/credentials.ini").read_text()
        text = text.replace("/var/run/secrets/fake-token", str(TOKEN))
        (directory / ".alibabacloud" / ini).write_text(text)


def contents(directory):
    return {path: path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def run(config=True, ini=None, by_library=True, **variables):
    """Runs savepeek and, if requested, the library, which returns the keys it found."""
    with tempfile.TemporaryDirectory() as directory:
        directory = pathlib.Path(directory)
        home(directory, config, ini)
        network = {"HTTPS_PROXY": sts.proxy, "SSL_CERT_FILE": sts.certificate}
        environment = {**os.environ, "HOME": str(directory), **network, **variables}
        before = contents(directory)
        requests.clear()
        command = [sys.argv[1], "get", "--endpoint", here, "-w", "w", "-n", "n", "sp"]
        ours = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
        assert contents(directory) == before, "savepeek wrote into the home directory"
        theirs = None
        if by_library:
            command = [sys.executable, "-c", RESOLVE, sts.certificate]
            theirs = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
            assert theirs.returncode == 0, theirs.stderr
            theirs = json.loads(theirs.stdout)
        return ours, theirs


def same(**case):
    """Both must use the same keys; returns their ID."""
    ours, (key, secret, token) = run(**case)
    assert ours.returncode == 0, ours.stderr
    [(path, headers)] = requests
    assert f"Credential={key}," in headers["authorization"], (key, headers["authorization"])
    assert headers.get("x-acs-security-token", "") == token, (token, headers)
    expected = signature(path, headers, secret)
    assert headers["authorization"].endswith(f"Signature={expected}"), "another secret"
    return key


def identity(expected, **case):
    key = same(**case)
    assert key == expected, key


def role(**case):
    """Both must send the same request to STS, and then use the keys of its response."""
    sts.requests.clear()
    identity(ROLE_CREDENTIALS["AccessKeyId"], **case)
    [ours, theirs] = sts.requests
    assert ours == theirs, f"\n{ours}\n{theirs}"


def stops(why, **case):
    """savepeek must say why and send no request, where the library tries the next source."""
    ours, _ = run(by_library=False, **case)
    assert ours.returncode == 3 and not requests, (ours.returncode, requests)
    assert why in ours.stderr, ours.stderr


def uses_as_the_cli(expected, **case):
    """Only savepeek is run: the aliyun CLI supports this source, the library does not."""
    ours, _ = run(by_library=False, **case)
    assert ours.returncode == 0, ours.stderr
    [(_, headers)] = requests
    assert f"Credential={expected}," in headers["authorization"], headers


KEYS = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAI5tENV", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "envSecret"}
OIDC = {
    "ALIBABA_CLOUD_ROLE_ARN": "acs:ram::1000000000000001:role/fake-role",
    "ALIBABA_CLOUD_OIDC_PROVIDER_ARN": "acs:ram::1000000000000001:oidc-provider/fake",
    "ALIBABA_CLOUD_OIDC_TOKEN_FILE": str(TOKEN),
    "ALIBABA_CLOUD_ROLE_SESSION_NAME": "fake-session",
}
PROFILE, URI = "ALIBABA_CLOUD_PROFILE", "ALIBABA_CLOUD_CREDENTIALS_URI"
FILE, OFF = "ALIBABA_CLOUD_CREDENTIALS_FILE", "ALIBABA_CLOUD_CLI_PROFILE_DISABLED"

cases = {
    "environment": lambda: identity("LTAI5tENV", config=False, **KEYS),
    "environment, temporary": lambda: identity("LTAI5tENV", ALIBABA_CLOUD_SECURITY_TOKEN="envToken+/=", **KEYS),
    "environment before the profile": lambda: identity("LTAI5tENV", **KEYS, **{PROFILE: "sts"}),
    "current profile": lambda: identity("LTAI5tFAKE0000000000AK01"),
    "profile before INI and URI": lambda: identity("LTAI5tFAKE0000000000AK01", ini="credentials.ini", **{URI: f"{here}/credentials"}),
    "StsToken": lambda: identity("STS.NTFAKE02", **{PROFILE: "sts"}),
    "CloudSSO": lambda: identity("STS.NTFAKE07", **{PROFILE: "sso"}),
    "OAuth": lambda: identity("STS.NTFAKE08", **{PROFILE: "oauth"}),
    "External, temporary": lambda: identity("STS.NTFAKE09", **{PROFILE: "external"}),
    "External, AK": lambda: identity("LTAI5tFAKE10", **{PROFILE: "external-ak"}),
    "RamRoleArn": lambda: role(**{PROFILE: "role"}),
    "RamRoleArn through a VPC": lambda: role(ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED="true", **{PROFILE: "role"}),
    "ChainableRamRoleArn": lambda: role(**{PROFILE: "chained"}),
    "ChainableRamRoleArn of a temporary key": lambda: role(**{PROFILE: "of-sts"}),
    "OIDC": lambda: role(**{PROFILE: "oidc"}),
    "OIDC by variables": lambda: role(config=False, **OIDC),
    "INI, ram_role_arn": lambda: role(config=False, ini="credentials.ini", **{PROFILE: "role"}),
    "INI, oidc_role_arn": lambda: role(config=False, ini="credentials.ini", **{PROFILE: "oidc"}),
    "INI": lambda: identity("LTAI5tFAKEINI01", config=False, ini="credentials.ini"),
    "INI by variable": lambda: identity("LTAI5tFAKEINI01", config=False, **{FILE: str(DATA / "home/.alibabacloud/credentials")}),
    "INI before URI": lambda: identity("LTAI5tFAKEINI01", config=False, ini="credentials.ini", **{URI: f"{here}/credentials"}),
    "profiles turned off": lambda: identity("LTAI5tFAKEINI01", ini="credentials.ini", **{OFF: "true"}),
    "URI": lambda: identity("STS.NTFAKE11", config=False, **{URI: f"{here}/credentials"}),
    "INI, the other name": lambda: uses_as_the_cli("LTAI5tFAKEINI01", config=False, ini="credentials"),
    "CredentialsURI": lambda: uses_as_the_cli("STS.NTFAKE11", **{PROFILE: "uri"}),
    "half an environment": lambda: stops("ALIBABA_CLOUD_ACCESS_KEY_SECRET is not", ALIBABA_CLOUD_ACCESS_KEY_ID="LTAI5tENV"),
    "unknown profile": lambda: stops('"nobody"', ini="credentials.ini", **{PROFILE: "nobody"}),
    "RsaKeyPair": lambda: stops("cannot use its mode", ini="credentials.ini", **{PROFILE: "rsa"}),
    "nothing": lambda: stops("none found", config=False),
}

failed = 0
for name, case in cases.items():
    try:
        case()
        print(f"ok      {name}")
    except Exception:
        failed += 1
        print(f"FAILED  {name}\n{traceback.format_exc()}")
print(f"{len(cases) - failed} passed, {failed} failed")
sys.exit(failed != 0)
