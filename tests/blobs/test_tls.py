"""Connections by https go to a checked address, and trust the certificate of the name alone."""

import datetime as dt
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.blobs.far import Far, far_away
from tilewright.blobs.places import Places
from tilewright.config import Config
from tilewright.errors import ParameterError, SourceUnavailableError

NAME = "far.example"


@pytest.fixture
def far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Far]:
    certificate = tmp_path / "far.pem"
    certificate.write_bytes(_certificate())
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *rest, **named: real(
            "127.0.0.1" if host.endswith(".example") else host, *rest, **named
        ),
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with far_away(tls=context, a=bytes(300_000)) as server:
        yield server


def _certificate() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    return made.public_bytes(pem) + key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _places(far: Far, *hosts: str) -> Places:
    entries = tuple(f"{host}:{far.port}" for host in hosts)
    return Places(Config(remote_hosts=entries, remote_allow_private=True, remote_retries=0))


def test_a_name_is_proved_by_its_certificate(far: Far) -> None:
    places = _places(far, NAME)
    blob = places.open(places.source(f"https://{NAME}:{far.port}/a"))
    assert blob.read(200_000, 10) == bytes(10)
    assert far.headers[0]["Host"] == f"{NAME}:{far.port}"
    places.close()


@pytest.mark.parametrize("host", ["other.example", "127.0.0.1"])
def test_another_name_is_not_believed(far: Far, host: str) -> None:
    with pytest.raises(SourceUnavailableError):
        _places(far, host).source(f"https://{host}:{far.port}/a")
    assert not far.asked


def test_an_unknown_certificate_is_not_believed(far: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(SourceUnavailableError):
        _places(far, NAME).source(f"https://{NAME}:{far.port}/a")
    assert not far.asked


def test_a_redirect_never_leaves_https(far: Far) -> None:
    with far_away(a=b"data") as plain:
        far.fault = lambda asked: not asked.answer(302, location=plain.url("/a"))
        config = Config(
            remote_hosts=(f"{NAME}:{far.port}", *plain.allowed), remote_allow_private=True
        )
        with pytest.raises(ParameterError):
            Places(config).source(f"https://{NAME}:{far.port}/a")
        assert not plain.asked
