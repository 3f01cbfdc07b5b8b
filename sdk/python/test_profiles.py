"""Profiles: create, replace, change, read, list, delete."""

from azure.mgmt.trafficmanager import models

from conftest import weighted
from emulator import GROUP, SUBSCRIPTION
from shape import strangers, with_status


def test_create_says_201_and_replace_200(client, name):
    wanted = models.Profile(
        location="global",
        tags={"team": "dns"},
        properties=models.ProfileProperties(
            profile_status="Enabled",
            traffic_routing_method="Priority",
            dns_config=models.DnsConfig(relative_name=name, ttl=60),
            monitor_config=models.MonitorConfig(
                protocol="HTTPS",
                port=8443,
                path="/health",
                interval_in_seconds=10,
                timeout_in_seconds=5,
                tolerated_number_of_failures=2,
                custom_headers=[models.MonitorConfigCustomHeadersItem(name="host", value="app.example.com")],
                expected_status_code_ranges=[
                    models.MonitorConfigExpectedStatusCodeRangesItem(min=200, max=299)
                ],
            ),
            traffic_view_enrollment_status="Enabled",
        ),
    )
    status, made = client.profiles.create_or_update(GROUP, name, wanted, cls=with_status)
    assert status == 201
    assert made.id == (
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.Network"
        f"/trafficManagerProfiles/{name}"
    )
    assert (made.name, made.type, made.location) == (
        name,
        "Microsoft.Network/trafficManagerProfiles",
        "global",
    )
    assert made.dns_config.fqdn == f"{name}.trafficmanager.net"
    assert (made.dns_config.ttl, made.tags) == (60, {"team": "dns"})
    assert made.traffic_routing_method == models.TrafficRoutingMethod.PRIORITY
    assert made.monitor_config.profile_monitor_status == models.ProfileMonitorStatus.INACTIVE
    assert made.monitor_config.timeout_in_seconds == 5
    assert made.monitor_config.custom_headers[0].value == "app.example.com"
    assert made.monitor_config.expected_status_code_ranges[0].max == 299
    assert made.traffic_view_enrollment_status == models.TrafficViewEnrollmentStatus.ENABLED
    assert made.endpoints == []
    assert strangers(made) == []

    status, replaced = client.profiles.create_or_update(GROUP, name, weighted(name), cls=with_status)
    assert status == 200
    # A PUT replaces everything: what it does not name has its default again.
    assert replaced.traffic_routing_method == models.TrafficRoutingMethod.WEIGHTED
    assert replaced.monitor_config.protocol == models.MonitorProtocol.HTTPS
    assert replaced.monitor_config.interval_in_seconds == 30
    assert replaced.traffic_view_enrollment_status == models.TrafficViewEnrollmentStatus.DISABLED
    assert client.profiles.get(GROUP, name).tags == {}


def test_create_with_endpoints_in_one_request(client, name):
    endpoints = [
        {
            "name": place,
            "type": "Microsoft.Network/trafficManagerProfiles/externalEndpoints",
            "properties": {"target": f"{place}.example.com", "weight": weight},
        }
        for place, weight in (("east", 70), ("west", 30))
    ]
    made = client.profiles.create_or_update(GROUP, name, weighted(name, endpoints=endpoints))
    assert [(e.name, e.weight, e.priority) for e in made.endpoints] == [
        ("east", 70, 1),
        ("west", 30, 2),
    ]
    assert made.endpoints[0].endpoint_monitor_status == "CheckingEndpoint"
    assert strangers(made) == []


def test_update_changes_what_it_names(client, profile, name):
    changed = client.profiles.update(
        GROUP,
        name,
        models.Profile(
            tags={"stage": "test"},
            properties=models.ProfileProperties(dns_config=models.DnsConfig(ttl=5)),
        ),
    )
    assert (changed.dns_config.ttl, changed.tags) == (5, {"stage": "test"})
    assert changed.monitor_config.path == profile.monitor_config.path
    assert client.profiles.get(GROUP, name) == changed


def test_a_record_type_stays(client, name):
    made = client.profiles.create_or_update(GROUP, name, weighted(name, recordType="CNAME"))
    assert made.record_type == models.RecordType.CNAME
    assert client.profiles.get(GROUP, name).record_type == "CNAME"


def test_both_lists_have_it_without_its_health(client, profile):
    for listed in (
        client.profiles.list_by_resource_group(GROUP),
        client.profiles.list_by_subscription(),
    ):
        found = [one for one in listed if one.name == profile.name]
        assert [one.id for one in found] == [profile.id]
        assert found[0].monitor_config.profile_monitor_status is None
        assert strangers(found[0]) == []


def test_delete_says_200_and_then_204(client, profile):
    status, result = client.profiles.delete(GROUP, profile.name, cls=with_status)
    assert (status, result.operation_result) == (200, None)
    status, result = client.profiles.delete(GROUP, profile.name, cls=with_status)
    assert (status, result) == (204, None)
    remaining = client.profiles.list_by_resource_group(GROUP)
    assert profile.name not in [one.name for one in remaining]


def test_multivalue_returns_several(client, name):
    body = weighted(name, maxReturn=3)
    body["properties"]["trafficRoutingMethod"] = "MultiValue"
    made = client.profiles.create_or_update(GROUP, name, body)
    assert (made.traffic_routing_method, made.max_return) == ("MultiValue", 3)
