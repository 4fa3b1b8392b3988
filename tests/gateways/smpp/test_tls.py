"""A link with TLS around it: ``smpps://``."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from domain.carrier_exchange import SubmitOutcome
from gateways.smpp.link import SmppLink
from tests.gateways.smpp.conftest import LONG, QUICK, outcomes, sms
from tests.gateways.smpp.fake_smsc import FakeSmsc


def certificate(folder: Path, host: str) -> tuple[Path, ssl.SSLContext]:
    """A carrier's own certificate, which vouches for itself: its file, and what a server shows."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "smsc")])
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address(host))])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    shown, secret = folder / "smsc.pem", folder / "smsc.key"
    shown.write_bytes(made.public_bytes(pem))
    secret.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shown, secret)
    return shown, context


async def submits(smsc: FakeSmsc, address: str) -> list[SubmitOutcome]:
    """What comes of a long SMS over a link to ``address``."""

    async def keep(_receipt: object) -> None:
        return None

    link = SmppLink(QUICK, address, keep)
    await link.start()
    try:
        return outcomes(await link.submit(sms(LONG)))
    finally:
        await link.stop(0.1)


async def test_submits_to_an_smsc_whose_certificate_is_known(smsc: FakeSmsc, tmp_path: Path) -> None:
    trusted, smsc.tls = certificate(tmp_path, "127.0.0.1")
    await smsc.shut()
    await smsc.listen()
    address = smsc.url.replace("smpp://", "smpps://") + f"?ca={trusted}"
    assert await submits(smsc, address) == [SubmitOutcome.ACCEPTED] * 3
    assert smsc.binds[0].password == "p@ss"


@pytest.mark.parametrize("wrong", ["unknown", "another host", "no file", "no tls"])
async def test_tells_nothing_to_whoever_cannot_show_one(smsc: FakeSmsc, tmp_path: Path, wrong: str) -> None:
    """Neither the login nor a message: an unknown certificate, another host's, none at all."""
    trusted, smsc.tls = certificate(tmp_path, "192.0.2.1" if wrong == "another host" else "127.0.0.1")
    if wrong == "no tls":
        smsc.tls = None
    await smsc.shut()
    await smsc.listen()
    option = {"unknown": "", "no file": f"?ca={tmp_path}/missing.pem"}.get(wrong, f"?ca={trusted}")
    result = await submits(smsc, smsc.url.replace("smpp://", "smpps://") + option)
    assert set(result) == {SubmitOutcome.NOT_SENT}
    assert smsc.binds == []
    assert all(not peer.received for peer in smsc.peers)
