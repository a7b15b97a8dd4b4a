"""Entry: how a service is entered over TLS, and what its refusal means; for Kafka and Redis alike.

In: certificate files, and what a library raised when it used them.  Out: one checked TLS context;
a `NotLetIn` in words.  Invariant: no password is in a `repr` or in a message.
"""

import ssl
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

KEY_PASSWORD_MOST_BYTES = 1024
"""OpenSSL takes no longer one."""

_WRONG_HOST = {62, 64}
"""X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH."""


class Part(StrEnum):
    """The part of a connection that an error is about; whoever runs it knows the setting."""

    ADDRESS = "address"
    PROTOCOL = "protocol"
    MECHANISM = "mechanism"
    LOGIN = "login"
    CA_FILE = "ca_file"
    CERT_FILE = "cert_file"
    KEY_FILE = "key_file"
    KEY_PASSWORD = "key_password"  # noqa: S105 - the name of a part
    VERIFY_HOST = "verify_host"


class Unusable(ValueError):
    """What is set cannot work, whoever answers."""

    def __init__(self, part: Part, why: str) -> None:
        super().__init__(why)
        self.part = part


class NotLetIn(RuntimeError):
    """The service is there and does not let this program in; waiting mends nothing."""

    def __init__(self, part: Part, why: str) -> None:
        super().__init__(why)
        self.part = part


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFiles:
    """PEM files: whom this program trusts (empty: the system's authorities), and who it is."""

    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""
    key_password: str = field(default="", repr=False)
    verify_host: bool = True


def tls_context(files: TlsFiles) -> ssl.SSLContext:
    """A client's TLS context; nothing is read from the files after it.

    Raises:
        Unusable: a file cannot be read, or is not what it should be.
    """
    context = _trusting(files.ca_file)
    context.check_hostname = files.verify_host
    if files.cert_file:
        _prove(context, files)
    elif files.key_file:
        raise Unusable(Part.CERT_FILE, f"missing: {files.key_file} is the key of which one?")
    return context


def _trusting(ca_file: str) -> ssl.SSLContext:
    _readable(Part.CA_FILE, ca_file)
    try:
        return ssl.create_default_context(cafile=ca_file or None)
    except ssl.SSLError as error:
        raise Unusable(Part.CA_FILE, f"{ca_file} holds no certificate in PEM form") from error


def _prove(context: ssl.SSLContext, files: TlsFiles) -> None:
    """Loads this program's own certificate and key."""
    _readable(Part.CERT_FILE, files.cert_file)
    _readable(Part.KEY_FILE, files.key_file)
    if len(files.key_password.encode()) > KEY_PASSWORD_MOST_BYTES:
        raise Unusable(Part.KEY_PASSWORD, f"longer than {KEY_PASSWORD_MOST_BYTES} bytes")
    key_file = files.key_file or files.cert_file
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(files.cert_file)
    except ssl.SSLError as error:
        why = f"{files.cert_file} holds no certificate in PEM form"
        raise Unusable(Part.CERT_FILE, why) from error
    try:
        # an empty password, because with none OpenSSL would ask the terminal
        context.load_cert_chain(files.cert_file, key_file, files.key_password)
    except ssl.SSLError as error:
        raise _bad_key(key_file, files, error) from error


def _bad_key(key_file: str, files: TlsFiles, error: ssl.SSLError) -> Unusable:
    text = Path(key_file).read_text(encoding="latin-1")
    if error.reason == "KEY_VALUES_MISMATCH":
        return Unusable(Part.KEY_FILE, f"{key_file} is not the key of {files.cert_file}")
    if "PRIVATE KEY-----" not in text:
        return Unusable(Part.KEY_FILE, f"{key_file} holds no key in PEM form")
    if "ENCRYPTED" in text:
        why = "does not open" if files.key_password else "missing: a password locks"
        return Unusable(Part.KEY_PASSWORD, f"{why} {key_file}")
    return Unusable(Part.KEY_FILE, f"the key in {key_file} cannot be read")


def _readable(part: Part, file: str) -> None:
    try:
        if file:
            Path(file).open("rb").close()
    except OSError as error:
        raise Unusable(part, f"{file} cannot be read: {error.strerror}") from error


def tls_refusal(error: BaseException) -> NotLetIn | None:
    """What TLS says in `error` or its causes that stays true; None if it may be otherwise soon."""
    for cause in causes(error):
        match cause:
            case ssl.SSLCertVerificationError():
                part = Part.VERIFY_HOST if cause.verify_code in _WRONG_HOST else Part.CA_FILE
                return NotLetIn(part, f"its certificate is not trusted: {cause.verify_message}")
            case ssl.SSLEOFError() | ssl.SSLZeroReturnError():
                return None
            case ssl.SSLError() if _is_about_us(cause.reason or ""):
                why = "it wants a certificate of this program that it trusts"
                return NotLetIn(Part.CERT_FILE, f"{why} ({_words(cause)})")
            case ssl.SSLError():
                return NotLetIn(Part.PROTOCOL, f"TLS fails at that port: {_words(cause)}")
            case _:
                pass
    return None


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error, and what led to it."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _is_about_us(reason: str) -> bool:
    """True for an alert by which the other side turns our certificate down."""
    return "ALERT" in reason and ("CERTIFICATE" in reason or "UNKNOWN_CA" in reason)


def _words(error: ssl.SSLError) -> str:
    return (error.reason or "no common ground").lower().replace("_", " ")
