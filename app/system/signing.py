"""A certificate by the package cryptography, for machines without the program openssl."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

SIGNS = ("digital_signature",)
DOES_NOT = (
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


def write(
    cert: Path, key: Path, owner: str, hosts: Sequence[str], addresses: Sequence[str], days: int
) -> None:
    """Write a certificate for hosts and addresses, signed by its own new key, and that key."""
    secret = ec.generate_private_key(ec.SECP256R1())
    named = x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, owner),
            x509.NameAttribute(NameOID.COMMON_NAME, "localhost"),
        ]
    )
    called = [*map(x509.DNSName, hosts), *(x509.IPAddress(ip_address(text)) for text in addresses)]
    now, usage = datetime.now(UTC), dict.fromkeys(SIGNS, True) | dict.fromkeys(DOES_NOT, False)
    made = (
        x509.CertificateBuilder(named, named, secret.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))  # a clock elsewhere may be late
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(secret.public_key()), critical=False)
        .add_extension(x509.SubjectAlternativeName(called), critical=False)
        .sign(secret, SHA256())
    )
    key.touch(mode=0o600)
    key.write_bytes(secret.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    cert.write_bytes(made.public_bytes(Encoding.PEM))
