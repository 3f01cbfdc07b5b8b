"""What belongs to no single profile or endpoint: names, geography, heat map, real user measurements."""

import datetime

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.mgmt.trafficmanager import models

from emulator import GROUP
from shape import strangers, with_status

KIND = "Microsoft.Network/trafficManagerProfiles"


@pytest.mark.parametrize(
    "check",
    ["check_traffic_manager_relative_dns_name_availability", "check_traffic_manager_name_availability_v2"],
)
def test_a_name_is_free_until_a_profile_has_it(client, profile, check):
    ask = getattr(client.profiles, check)
    taken = ask(models.CheckTrafficManagerRelativeDnsNameAvailabilityParameters(name=profile.name, type=KIND))
    assert (taken.name_available, taken.reason, taken.type) == (False, "AlreadyExists", KIND)
    assert taken.message == (
        f"Domain name {profile.name}.trafficmanager.net already exists. Please choose a different DNS prefix."
    )
    assert strangers(taken) == []
    free = ask({"name": f"{profile.name}-free", "type": KIND})
    assert (free.name, free.name_available, free.reason) == (f"{profile.name}-free", True, None)


def test_the_geographic_hierarchy_is_the_world(client):
    hierarchy = client.geographic_hierarchies.get_default()
    world = hierarchy.geographic_hierarchy
    assert (hierarchy.name, world.code, world.name) == ("default", "WORLD", "World")

    def count(region):
        return 1 + sum(count(child) for child in region.regions)

    assert count(world) == 334
    assert strangers(hierarchy) == []


def test_a_heat_map_is_of_the_last_week(client, profile):
    where = (GROUP, profile.name, "ExternalEndpoints", "east")
    endpoint = client.endpoints.create_or_update(*where, {"properties": {"target": "a.example.com"}})
    heat_map = client.heat_map.get(
        GROUP, profile.name, "default", top_left=[10.0, 50.001], bot_right=[-50.001, 80.0]
    )
    assert heat_map.id == f"{profile.id}/heatMaps/default"
    assert heat_map.end_time - heat_map.start_time == datetime.timedelta(days=7)
    assert heat_map.endpoints[0].resource_id == endpoint.id
    assert heat_map.traffic_flows == []
    assert strangers(heat_map) == []


def test_the_key_of_real_user_measurements_comes_and_goes(client):
    keys = client.traffic_manager_user_metrics_keys
    status, made = keys.create_or_update(cls=with_status)
    assert status == 201
    assert strangers(made) == []
    assert keys.get().key == made.key
    status, _ = keys.delete(cls=with_status)
    assert status == 200
    with pytest.raises(ResourceNotFoundError):
        keys.get()
