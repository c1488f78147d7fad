"""What is wrong with a secure connection, in words: (what it is, what to do)."""

from __future__ import annotations

import ssl

from daemon.comfyui.address import HostAddress

# OpenSSL's X509_V_ERR_... numbers
_NOT_YET_VALID, _EXPIRED = 9, 10
_SELF_SIGNED = {18, 19}
_OTHER_NAME = {62, 64}
_WANTS_OURS = (
    "CERTIFICATE_REQUIRED",
    "ALERT_HANDSHAKE_FAILURE",
    "ALERT_BAD_CERTIFICATE",
    "ALERT_UNKNOWN_CA",
    "ALERT_CERTIFICATE",
    "ALERT_NO_CERTIFICATE",
    "ALERT_UNSUPPORTED_CERTIFICATE",
)
_TOO_OLD = ("PROTOCOL_VERSION", "UNSUPPORTED_PROTOCOL", "NO_PROTOCOLS", "DH_KEY_TOO_SMALL")


def tls_sentence(error: ssl.SSLError, address: HostAddress) -> tuple[str, str]:
    """Return (message, hint) for a failed handshake or a connection that TLS ended."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _certificate(error, address)
    where = address.netloc
    reason: str = getattr(error, "reason", None) or str(error)
    if any(word in reason for word in _WANTS_OURS):
        if address.client_cert:
            return (
                f"{where} did not accept the certificate {address.client_cert}.",
                "Check client_cert and client_key of this host in config.yaml with whoever runs "
                "it; the certificate may have expired.",
            )
        return (
            f"{where} ended the secure connection; it probably asks for a certificate of yours.",
            "Get one from whoever runs it and name it in client_cert (and client_key) of this "
            "host in config.yaml.",
        )
    if any(word in reason for word in _TOO_OLD):
        return (
            f"{where} speaks only an outdated kind of TLS.",
            "Update the server or reverse proxy there: TLS 1.2 is needed at least.",
        )
    return (
        f"No secure connection to {where}: it does not answer with TLS.",
        "Set https: false for this host in config.yaml if it has no certificate.",
    )


def _certificate(error: ssl.SSLCertVerificationError, address: HostAddress) -> tuple[str, str]:
    where, code = address.netloc, error.verify_code
    if code == _EXPIRED:
        return (
            f"The certificate of {where} has expired.",
            "Renew it there; and check that the clock of this computer is right.",
        )
    if code == _NOT_YET_VALID:
        return (
            f"The certificate of {where} is not valid yet.",
            "Check the clocks of this computer and of that machine.",
        )
    if code in _OTHER_NAME:
        return (
            f"The certificate of {where} is for another name than {address.host}.",
            "Write the name that it was made for as host in config.yaml, or have one made for "
            f"{address.host}.",
        )
    if address.ca_file:
        return (
            f"The certificate of {where} is not trusted, also not by {address.ca_file}.",
            "ca_file of this host in config.yaml must be the certificate of the authority that "
            "signed the host's one.",
        )
    if code in _SELF_SIGNED:
        return (
            f"The certificate of {where} is not trusted: it was made there, by no known authority.",
            "Copy it, or its authority's one, from there and name the file in ca_file of this "
            "host in config.yaml.",
        )
    return (
        f"The certificate of {where} is not trusted.",
        "Name the authority's certificate in ca_file of this host in config.yaml.",
    )
