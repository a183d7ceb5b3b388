"""A small OpenID Connect provider for tests: real HTTP, signed tokens, PKCE checked; everybody is let in."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


class Provider:
    """claims: what it says about whoever signs in. Serves until `close`."""

    def __init__(self, claims: dict[str, str]) -> None:
        self.claims = claims
        self.asked: dict[str, str] = {}  # of the last authorization
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args: object) -> None:
                pass

            def do_GET(self) -> None:
                address = urlsplit(self.path)
                if address.path == "/authorize":
                    provider.asked = {name: values[0] for name, values in parse_qs(address.query).items()}
                    query = urlencode({"code": "one-time-code", "state": provider.asked["state"]})
                    self.send_response(302)
                    self.send_header("Location", f"{provider.asked['redirect_uri']}?{query}")
                    self.end_headers()
                else:
                    self.answer(provider.documents[address.path])

            def do_POST(self) -> None:
                sent = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
                digest = hashlib.sha256(sent["code_verifier"][0].encode()).digest()
                challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
                assert challenge == provider.asked["code_challenge"]
                self.answer(
                    {"access_token": "token", "token_type": "Bearer", "id_token": provider.id_token()}
                )

            def answer(self, document: dict) -> None:
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(json.dumps(document).encode())

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_port}"
        self.documents = {
            "/.well-known/openid-configuration": {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "userinfo_endpoint": f"{self.issuer}/userinfo",
                "jwks_uri": f"{self.issuer}/keys",
            },
            "/userinfo": claims,
            "/keys": {
                "keys": [jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key(), as_dict=True) | {"kid": "1"}]
            },
        }
        Thread(target=self.server.serve_forever, daemon=True).start()

    def id_token(self) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": "projector", "iat": now, "exp": now + 60, **self.claims}
        return jwt.encode(claims, KEY, algorithm="RS256", headers={"kid": "1"})

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
