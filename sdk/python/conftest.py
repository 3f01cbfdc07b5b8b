"""What the tests share: the emulator, and the client of Azure's library for it."""

import itertools

import pytest
from azure.identity import ClientSecretCredential
from azure.mgmt.trafficmanager import TrafficManagerManagementClient

from emulator import CLIENT, GROUP, SECRET, SUBSCRIPTION, TENANT, Emulator

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def emulator(tmp_path_factory):
    running = Emulator(tmp_path_factory.mktemp("emulator"))
    yield running
    running.stop()


@pytest.fixture(scope="session")
def credential(emulator):
    """Switches: the authority, and no question to Microsoft whether it is one (`disable_instance_discovery`)."""
    return ClientSecretCredential(
        TENANT,
        CLIENT,
        SECRET,
        authority=emulator.host,
        disable_instance_discovery=True,
        connection_verify=emulator.ca_file,
    )


def client_for(emulator, credential, **more):
    """Switches: the URL of Resource Manager, and the certificate."""
    return TrafficManagerManagementClient(
        credential,
        SUBSCRIPTION,
        base_url=emulator.url,
        connection_verify=emulator.ca_file,
        retry_total=0,
        **more,
    )


@pytest.fixture(scope="session")
def client(emulator, credential):
    with client_for(emulator, credential) as client:
        yield client


@pytest.fixture
def name():
    """A name that no other test uses."""
    return f"python-{next(_numbers)}"


@pytest.fixture
def profile(client, name):
    """A Weighted profile without endpoints."""
    return client.profiles.create_or_update(GROUP, name, weighted(name))


def weighted(relative_name, **more):
    return {
        "location": "global",
        "properties": {
            "trafficRoutingMethod": "Weighted",
            "dnsConfig": {"relativeName": relative_name, "ttl": 30},
            "monitorConfig": {"protocol": "https", "port": 443, "path": "/health"},
            **more,
        },
    }
