"""What is refused, as the library's exceptions tell it."""

import pytest
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceNotFoundError,
)

from conftest import client_for, weighted
from emulator import GROUP


def refused(kind, call, *arguments):
    """The error of a call that has to fail, as (status, code, message)."""
    with pytest.raises(kind) as caught:
        call(*arguments)
    error = caught.value
    return error.status_code, error.error.code, error.error.message


def test_a_profile_that_is_not_there(client):
    gone = (
        404,
        "ResourceNotFound",
        f"The Resource 'Microsoft.Network/trafficmanagerprofiles/nobody' under resource group '{GROUP}' was not found. "
        "For more details please go to https://aka.ms/ARMResourceNotFoundFix",
    )
    assert refused(ResourceNotFoundError, client.profiles.get, GROUP, "nobody") == gone
    endpoint = (GROUP, "nobody", "ExternalEndpoints", "east")
    assert refused(ResourceNotFoundError, client.endpoints.get, *endpoint) == gone
    body = {"properties": {"target": "a.example.com"}}
    assert refused(ResourceNotFoundError, client.endpoints.create_or_update, *endpoint, body) == gone


def test_an_endpoint_that_is_not_there(client, profile):
    assert refused(
        ResourceNotFoundError, client.endpoints.get, GROUP, profile.name, "ExternalEndpoints", "East"
    ) == (
        404,
        "NotFound",
        f"The endpoint 'East' of type 'externalendpoints' does not exist in the profile '{profile.name}'.",
    )


def test_a_resource_group_that_is_not_there(client):
    status, code, _ = refused(ResourceNotFoundError, client.profiles.get, "another-group", "app")
    assert (status, code) == (404, "ResourceGroupNotFound")


def test_a_name_that_somebody_else_has(client, profile, name):
    status, code, message = refused(
        ResourceExistsError, client.profiles.create_or_update, GROUP, f"{name}-2", weighted(profile.name)
    )
    assert (status, code) == (409, "Conflict")
    assert message.startswith(f"Domain name {profile.name}.trafficmanager.net is not available.")


def test_endpoints_in_a_patch(client, profile):
    endpoint = {"name": "east", "type": "Microsoft.Network/trafficManagerProfiles/externalEndpoints"}
    status, code, message = refused(
        HttpResponseError, client.profiles.update, GROUP, profile.name, {"properties": {"endpoints": [endpoint]}}
    )
    assert (status, code) == (400, "BadRequest")
    assert message.startswith("The 'endpoints' property cannot be specified when updating a profile using PATCH.")


def test_a_target_twice(client, profile):
    body = {"properties": {"target": "a.example.com"}}
    client.endpoints.create_or_update(GROUP, profile.name, "ExternalEndpoints", "east", body)
    status, code, message = refused(
        HttpResponseError,
        client.endpoints.create_or_update,
        *(GROUP, profile.name, "ExternalEndpoints", "west", body),
    )
    assert (status, code) == (400, "BadRequest")
    assert message.startswith("Endpoint target must be unique in the profile.")


def test_another_record_type(client, name):
    client.profiles.create_or_update(GROUP, name, weighted(name, recordType="A"))
    change = {"properties": {"recordType": "AAAA"}}
    assert refused(HttpResponseError, client.profiles.update, GROUP, name, change) == (
        400,
        "BadRequest",
        "The RecordType of a Traffic Manager profile cannot be changed after creation.",
    )


def test_an_api_version_that_nobody_has(emulator, credential):
    with client_for(emulator, credential, api_version="2016-01-01") as client:
        status, code, message = refused(HttpResponseError, client.profiles.get, GROUP, "app")
    assert (status, code) == (400, "InvalidResourceType")
    assert "2022-04-01" in message and "2026-09-01" in message


class Constant:
    """A credential with a token that nobody has issued."""

    def get_token(self, *_scopes, **_options):
        from azure.core.credentials import AccessToken

        return AccessToken("made up", 2**40)


def test_a_token_that_nobody_has_issued(emulator):
    with client_for(emulator, Constant()) as client:
        assert refused(ClientAuthenticationError, client.profiles.get, GROUP, "app") == (
            401,
            "InvalidAuthenticationToken",
            "The access token is invalid.",
        )
