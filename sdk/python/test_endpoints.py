"""Endpoints of the three types: create, replace, change, read, delete."""

import pytest
from azure.mgmt.trafficmanager import models

from conftest import weighted
from emulator import GROUP, SUBSCRIPTION
from shape import strangers, with_status

TYPE = "Microsoft.Network/trafficManagerProfiles"


def test_external(client, profile):
    where = (GROUP, profile.name, "ExternalEndpoints", "east us")
    wanted = models.Endpoint(
        properties=models.EndpointProperties(
            target="my-app-east.example.com",
            weight=70,
            priority=5,
            endpoint_location="eastus2",
            geo_mapping=["GEO-NA", "DE"],
            subnets=[
                models.EndpointPropertiesSubnetsItem(first="1.2.3.0", scope=24),
                models.EndpointPropertiesSubnetsItem(first="25.26.27.28", last="29.30.31.32"),
            ],
            custom_headers=[models.EndpointPropertiesCustomHeadersItem(name="host", value="x.example.com")],
            always_serve="Enabled",
        )
    )
    status, made = client.endpoints.create_or_update(*where, wanted, cls=with_status)
    assert status == 201
    assert (made.id, made.name, made.type) == (
        f"{profile.id}/externalEndpoints/east us",
        "east us",
        f"{TYPE}/externalEndpoints",
    )
    assert (made.target, made.weight, made.priority) == ("my-app-east.example.com", 70, 5)
    assert made.endpoint_location == "East US 2"
    assert made.endpoint_status == models.EndpointStatus.ENABLED
    assert made.endpoint_monitor_status == models.EndpointMonitorStatus.UNMONITORED
    assert made.geo_mapping == ["GEO-NA", "DE"]
    assert [(s.first, s.last, s.scope) for s in made.subnets] == [
        ("1.2.3.0", None, 24),
        ("25.26.27.28", "29.30.31.32", None),
    ]
    assert made.custom_headers[0].name == "host"
    assert made.always_serve == models.AlwaysServe.ENABLED
    assert strangers(made) == []

    status, changed = client.endpoints.update(
        *where, {"properties": {"weight": 30, "endpointStatus": "Disabled"}}, cls=with_status
    )
    assert (status, changed.weight, changed.target) == (200, 30, "my-app-east.example.com")
    assert changed.endpoint_monitor_status == models.EndpointMonitorStatus.DISABLED
    assert client.endpoints.get(*where) == changed

    status, replaced = client.endpoints.create_or_update(
        *where, {"properties": {"target": "other.example.com"}}, cls=with_status
    )
    # 201 even though it was there.
    assert (status, replaced.weight, replaced.always_serve) == (201, 1, "Disabled")
    assert client.profiles.get(GROUP, profile.name).endpoints == [replaced]

    status, _ = client.endpoints.delete(*where, cls=with_status)
    assert status == 200
    status, _ = client.endpoints.delete(*where, cls=with_status)
    assert status == 204
    assert client.profiles.get(GROUP, profile.name).endpoints == []


def test_azure(client, emulator, profile):
    resource = (
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.Network"
        f"/publicIPAddresses/{profile.name}"
    )
    host = f"{profile.name}.westeurope.cloudapp.azure.com"
    emulator.control("PUT", "resources", {"id": resource, "host": host, "location": "westeurope"})
    where = (GROUP, profile.name, "AzureEndpoints", "west")
    made = client.endpoints.create_or_update(
        *where, {"properties": {"targetResourceId": resource, "weight": 5}}
    )
    assert (made.type, made.target_resource_id) == (f"{TYPE}/azureEndpoints", resource)
    assert (made.target, made.endpoint_location) == (host, "West Europe")
    assert strangers(made) == []
    assert client.endpoints.update(*where, {"properties": {"weight": 6}}).weight == 6
    assert client.endpoints.get(*where).weight == 6
    client.endpoints.delete(*where)
    assert client.profiles.get(GROUP, profile.name).endpoints == []


def test_nested(client, profile, name):
    child = client.profiles.create_or_update(GROUP, f"{name}-child", weighted(f"{name}-child"))
    where = (GROUP, profile.name, "NestedEndpoints", "child")
    made = client.endpoints.create_or_update(
        *where,
        {
            "properties": {
                "targetResourceId": child.id,
                "minChildEndpoints": 2,
                "minChildEndpointsIPv4": 1,
                "minChildEndpointsIPv6": 1,
            }
        },
    )
    assert (made.type, made.target) == (f"{TYPE}/nestedEndpoints", child.dns_config.fqdn)
    assert (made.min_child_endpoints, made.min_child_endpoints_i_pv4, made.min_child_endpoints_i_pv6) == (2, 1, 1)
    assert made.endpoint_monitor_status == models.EndpointMonitorStatus.STOPPED
    assert strangers(made) == []
    assert client.endpoints.update(*where, {"properties": {"minChildEndpoints": 1}}).min_child_endpoints == 1
    assert client.endpoints.get(*where).min_child_endpoints == 1
    client.endpoints.delete(*where)
    assert client.profiles.get(GROUP, profile.name).endpoints == []


@pytest.mark.parametrize("health", ["Online", "Degraded"])
def test_health_is_seen(client, emulator, profile, health):
    where = (GROUP, profile.name, "ExternalEndpoints", "east")
    client.endpoints.create_or_update(*where, {"properties": {"target": "a.example.com"}})
    emulator.control("PUT", f"health/{profile.name}/east", {"status": health})
    seen = client.profiles.get(GROUP, profile.name)
    assert seen.monitor_config.profile_monitor_status == health
    assert seen.endpoints[0].endpoint_monitor_status == health
