"""Every kind of credential for programs gets a token that Resource Manager takes."""

import base64
import datetime
import json

import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import (
    CertificateCredential,
    ClientSecretCredential,
    ManagedIdentityCredential,
    WorkloadIdentityCredential,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from conftest import client_for
from emulator import CLIENT, GROUP, SECRET, TENANT, Emulator


def switches_for(emulator):
    return {
        "authority": emulator.host,
        "disable_instance_discovery": True,
        "connection_verify": emulator.ca_file,
    }


@pytest.fixture
def switches(emulator):
    return switches_for(emulator)


def last_token(emulator):
    token = emulator.control("GET", "tokens")["tokens"][-1]
    return token["grant"], token["client"]


def lists(emulator, credential):
    with client_for(emulator, credential) as client:
        return isinstance(list(client.profiles.list_by_resource_group(GROUP)), list)


def federated(audience):
    encode = lambda part: base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
    claims = {"iss": "https://issuer.example", "sub": "system:serviceaccount:dns:external-dns", "aud": audience}
    return f"{encode({'alg': 'RS256'})}.{encode(claims)}.c2lnbmF0dXJl"


def test_client_secret(emulator, credential):
    assert lists(emulator, credential)


def test_a_wrong_secret_is_refused_by_name(emulator, switches):
    credential = ClientSecretCredential(TENANT, CLIENT, "a guess", **switches)
    with pytest.raises(ClientAuthenticationError, match="AADSTS7000215: Invalid client secret provided"):
        lists(emulator, credential)


def test_an_unknown_client_is_refused_by_name(emulator, switches):
    credential = ClientSecretCredential(TENANT, "44444444-4444-4444-4444-444444444444", SECRET, **switches)
    with pytest.raises(ClientAuthenticationError, match="AADSTS700016"):
        lists(emulator, credential)


def test_certificate(emulator, switches):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "client")])
    now = datetime.datetime.now(datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ) + certificate.public_bytes(serialization.Encoding.PEM)
    credential = CertificateCredential(TENANT, CLIENT, certificate_data=pem, **switches)
    assert lists(emulator, credential)
    assert last_token(emulator) == ("clientCertificate", CLIENT)


def test_workload_identity(emulator, switches, tmp_path):
    file = tmp_path / "token"
    file.write_text(federated("api://AzureADTokenExchange"))
    credential = WorkloadIdentityCredential(
        tenant_id=TENANT, client_id=CLIENT, token_file_path=str(file), **switches
    )
    assert lists(emulator, credential)
    assert last_token(emulator) == ("federatedToken", CLIENT)

    file.write_text(federated("somebody else"))
    credential = WorkloadIdentityCredential(
        tenant_id=TENANT, client_id=CLIENT, token_file_path=str(file), **switches
    )
    with pytest.raises(ClientAuthenticationError, match="AADSTS700212"):
        lists(emulator, credential)


@pytest.mark.parametrize(
    ("which", "client"),
    [
        ({}, "00000000-0000-0000-0000-0000000000a1"),
        ({"client_id": CLIENT}, CLIENT),
        ({"identity_config": {"object_id": "55555555-5555-5555-5555-555555555555"}}, "55555555-5555-5555-5555-555555555555"),
        ({"identity_config": {"resource_id": "/subscriptions/s/identity"}}, "/subscriptions/s/identity"),
    ],
)
def test_managed_identity(emulator, monkeypatch, which, client):
    # Switch: where the endpoint of the machine is. The default is a link-local address.
    monkeypatch.setenv("AZURE_POD_IDENTITY_AUTHORITY_HOST", emulator.url)
    credential = ManagedIdentityCredential(connection_verify=emulator.ca_file, **which)
    assert lists(emulator, credential)
    assert last_token(emulator) == ("managedIdentity", client)


def test_a_revoked_token_is_replaced_in_passing(tmp_path):
    """The 401 carries a challenge, and the library asks for another token by itself.

    Switch: `enable_cae`, by which the library says that it can take a challenge.
    """
    # One of its own, because a revocation is for everybody.
    emulator = Emulator(tmp_path)
    try:
        credential = ClientSecretCredential(TENANT, CLIENT, SECRET, **switches_for(emulator))
        with client_for(emulator, credential, enable_cae=True) as client:
            list(client.profiles.list_by_resource_group(GROUP))
            assert emulator.control("DELETE", "tokens") == {"revoked": 1}
            list(client.profiles.list_by_resource_group(GROUP))
        tokens = emulator.control("GET", "tokens")["tokens"]
        assert [token["isRevoked"] for token in tokens] == [True, False]
    finally:
        emulator.stop()
