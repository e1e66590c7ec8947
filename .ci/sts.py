"""A stand-in for STS: a proxy on loopback that terminates TLS and returns temporary keys.

Other hosts fail in TLS, and a wrong signature gets an error. The requests are recorded for comparison.
"""

import base64
import hashlib
import hmac
import http.server
import json
import pathlib
import ssl
import subprocess
import threading
from urllib.parse import parse_qsl, quote, urlsplit

CREDENTIALS = {
    "AccessKeyId": "STS.NTFAKE03",
    "AccessKeySecret": "fakeSecretOfTheRole",
    "SecurityToken": "CAISfakeOfTheRole+/==",
    "Expiration": "2100-01-01T00:00:00Z",
}
HOSTS = ["sts.aliyuncs.com", "sts.cn-hangzhou.aliyuncs.com", "sts-vpc.cn-hangzhou.aliyuncs.com"]
# Parameters that differ between two requests.
VOLATILE = {"Timestamp", "SignatureNonce", "Signature"}

EXTENSIONS = "basicConstraints=critical,CA:FALSE\nsubjectAltName=" + ",".join(f"DNS:{host}" for host in HOSTS)
KEY = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
CERTIFICATES = [
    f"req -x509 {KEY} -keyout ca.key -out ca.pem -days 2 -subj /CN=loopback"
    " -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign",
    f"req {KEY} -keyout sts.key -out sts.csr -subj /CN=sts",
    "x509 -req -in sts.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile sts.ext -out sts.pem",
]


class Sts:
    """Runs until the program ends."""

    def __init__(self, directory, secrets):
        directory = pathlib.Path(directory)
        (directory / "sts.ext").write_text(EXTENSIONS)
        for line in CERTIFICATES:
            subprocess.run(["openssl", *line.split()], cwd=directory, check=True, capture_output=True)
        self.certificate = str(directory / "ca.pem")
        self.requests = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(directory / "sts.pem", directory / "sts.key")
        requests = self.requests

        class Proxy(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_CONNECT(self):
                self.host = self.path
                self.send_response(200)
                self.end_headers()
                self.connection = context.wrap_socket(self.connection, server_side=True)
                self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb")
                self.close_connection = False

            def answer(self, body=b""):
                query = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
                parameters = {**query, **dict(parse_qsl(body.decode(), keep_blank_values=True))}
                requests.append((self.host, {k: v for k, v in parameters.items() if k not in VOLATILE}))
                valid = "Signature" not in query or query["Signature"] == signature(self.command, query, secrets)
                reply = {"RequestId": "R", "Credentials": CREDENTIALS} if valid else {"Code": "SignatureDoesNotMatch"}
                reply = json.dumps(reply).encode()
                self.send_response(200 if valid else 400)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(reply)))
                self.end_headers()
                self.wfile.write(reply)
                self.wfile.flush()

            def do_GET(self):
                self.answer()

            def do_POST(self):
                self.answer(self.rfile.read(int(self.headers["content-length"])))

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.proxy = f"http://127.0.0.1:{server.server_port}"


def signature(method, query, secrets):
    """The signature of RPC version 1: HMAC-SHA1 over method, path and sorted parameters, keyed with the secret and &."""
    encode = lambda text: quote(text, safe="~")
    pairs = "&".join(f"{encode(k)}={encode(v)}" for k, v in sorted(query.items()) if k != "Signature")
    text = "&".join([method, encode("/"), encode(pairs)])
    key = secrets[query["AccessKeyId"]] + "&"
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha1).digest()).decode()
