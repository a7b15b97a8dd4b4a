"""Certificates for the tests: a folder in; authorities, a server's and clients' PEM files out.

The server's certificate names 127.0.0.1 only, so `localhost` is the wrong host.  Keys are PKCS #8:
Kafka reads no other.
"""

from pathlib import Path

import trustme
from cryptography.hazmat.primitives import serialization as pem

KEY_PASSWORD = "lock:on/the key"


class Certificates:
    """One authority and what it vouches for, and one that nobody knows."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        authority, stranger = trustme.CA(), trustme.CA()
        self.ca = self._write("ca.pem", authority.cert_pem.bytes())
        self.other_ca = self._write("other-ca.pem", stranger.cert_pem.bytes())
        server = authority.issue_cert("127.0.0.1")
        self.server_cert = self._write("server.pem", _chain(server))
        self.server_key = self._write("server.key", _key(server))
        self.server_both = self._write("server-both.pem", _key(server) + _chain(server))
        client = authority.issue_cert("desk.example", common_name="desk")
        self.client_cert = self._write("client.pem", _chain(client))
        self.client_key = self._write("client.key", _key(client))
        self.client_locked = self._write("client-locked.key", _key(client, KEY_PASSWORD))
        foreign = stranger.issue_cert("desk.example", common_name="desk")
        self.foreign_both = self._write("foreign.pem", _key(foreign) + _chain(foreign))

    def _write(self, name: str, content: bytes) -> str:
        path = self._folder / name
        path.write_bytes(content)
        return str(path)


def _chain(issued: trustme.LeafCert) -> bytes:
    return b"".join(each.bytes() for each in issued.cert_chain_pems)


def _key(issued: trustme.LeafCert, password: str = "") -> bytes:
    key = pem.load_pem_private_key(issued.private_key_pem.bytes(), None)
    locked = pem.BestAvailableEncryption(password.encode()) if password else pem.NoEncryption()
    return key.private_bytes(pem.Encoding.PEM, pem.PrivateFormat.PKCS8, locked)
