"""Zones and record sets of Azure DNS, conditions and aliases."""

import pytest
from azure.core.exceptions import HttpResponseError, ResourceExistsError, ResourceNotFoundError
from azure.mgmt.dns import DnsManagementClient
from azure.mgmt.dns.models import (
    AaaaRecord,
    ARecord,
    CnameRecord,
    MxRecord,
    RecordSet,
    SubResource,
    TxtRecord,
    Zone,
    ZoneUpdate,
)

from emulator import GROUP, SUBSCRIPTION
from test_refusals import refused


@pytest.fixture(scope="module")
def dns(emulator, credential):
    """Switches: the URL of Resource Manager, and the certificate."""
    with DnsManagementClient(
        credential,
        SUBSCRIPTION,
        base_url=emulator.url,
        connection_verify=emulator.ca_file,
        retry_total=0,
    ) as client:
        yield client


@pytest.fixture
def zone(dns, name):
    """A zone of its own for each test."""
    made = dns.zones.create_or_update(GROUP, f"{name}.example.com", Zone(location="global"))
    return made.name


def cname(target):
    return RecordSet(ttl=60, metadata={"owner": "us"}, cname_record=CnameRecord(cname=target))


def status_of(pipeline_response, *_):
    """For the parameter `cls` of an operation: the status alone."""
    return pipeline_response.http_response.status_code


def test_zones_come_and_go(dns, zone):
    read = dns.zones.get(GROUP, zone)
    assert (read.zone_type, read.number_of_record_sets, len(read.name_servers)) == ("Public", 2, 4)
    assert dns.zones.update(GROUP, zone, ZoneUpdate(tags={"a": "b"})).tags == {"a": "b"}
    assert zone in [one.name for one in dns.zones.list_by_resource_group(GROUP, top=1)]
    assert zone in [one.name for one in dns.zones.list()]
    dns.zones.begin_delete(GROUP, zone).result()
    assert refused(ResourceNotFoundError, dns.zones.get, GROUP, zone)[:2] == (404, "ResourceNotFound")


def test_record_sets_of_every_kind(dns, zone):
    sets = {
        "A": RecordSet(ttl=300, a_records=[ARecord(ipv4_address="20.0.0.1")]),
        "AAAA": RecordSet(ttl=300, aaaa_records=[AaaaRecord(ipv6_address="2603:1030::1")]),
        "TXT": RecordSet(ttl=300, txt_records=[TxtRecord(value=["a", "b"])]),
        "MX": RecordSet(ttl=300, mx_records=[MxRecord(preference=10, exchange="mail.example.net")]),
    }
    for kind, wanted in sets.items():
        made = dns.record_sets.create_or_update(GROUP, zone, "www", kind, wanted)
        for field in ("a_records", "aaaa_records", "txt_records", "mx_records"):
            assert (getattr(made, field) or None) == getattr(wanted, field), (kind, field)
        assert (made.ttl, made.fqdn, made.provisioning_state) == (300, f"www.{zone}.", "Succeeded")
    dns.record_sets.create_or_update(GROUP, zone, "my-app", "CNAME", cname("app.trafficmanager.net."))
    read = dns.record_sets.get(GROUP, zone, "my-app", "CNAME")
    assert (read.cname_record.cname, read.metadata) == ("app.trafficmanager.net", {"owner": "us"})
    by_pages = [one.type.rsplit("/")[-1] for one in dns.record_sets.list_by_dns_zone(GROUP, zone, top=2)]
    at_once = [one.type.rsplit("/")[-1] for one in dns.record_sets.list_all_by_dns_zone(GROUP, zone)]
    assert by_pages == at_once
    assert sorted(by_pages) == ["A", "AAAA", "CNAME", "MX", "NS", "SOA", "TXT"]
    assert [one.name for one in dns.record_sets.list_by_type(GROUP, zone, "CNAME")] == ["my-app"]


def test_a_record_set_is_written_under_conditions(dns, zone):
    where = (GROUP, zone, "www", "CNAME")

    def put(target, **conditions):
        return dns.record_sets.create_or_update(*where, cname(target), **conditions)

    first = put("a.example.net", if_none_match="*")
    changed = (412, "PreconditionFailed")
    assert refused(HttpResponseError, lambda: put("b.example.net", if_none_match="*"))[:2] == changed
    second = put("b.example.net", if_match=first.etag)
    assert refused(HttpResponseError, lambda: put("c.example.net", if_match=first.etag))[:2] == changed
    third = dns.record_sets.update(*where, RecordSet(ttl=5), if_match=second.etag)
    assert (third.ttl, third.cname_record.cname) == (5, "b.example.net")
    assert refused(HttpResponseError, lambda: dns.record_sets.delete(*where, if_match=second.etag))[:2] == changed
    assert dns.record_sets.delete(*where, if_match=third.etag, cls=status_of) == 200
    assert dns.record_sets.delete(*where, if_match=third.etag, cls=status_of) == 204
    assert refused(ResourceNotFoundError, dns.record_sets.get, *where)[:2] == (404, "NotFound")


def test_an_alias_follows_its_profile(client, dns, zone, profile):
    alias = RecordSet(ttl=3600, target_resource=SubResource(id=profile.id))
    made = dns.record_sets.create_or_update(GROUP, zone, "@", "A", alias)
    assert (made.target_resource.id, made.ttl, made.a_records) == (profile.id, 30, None)
    east = (GROUP, profile.name, "ExternalEndpoints", "east")
    named = {"properties": {"target": "east.example.com"}}
    assert refused(HttpResponseError, client.endpoints.create_or_update, *east, named)[:2] == (400, "BadRequest")
    client.profiles.delete(GROUP, profile.name)
    left = dns.record_sets.get(GROUP, zone, "@", "A")
    assert (left.target_resource.id, left.a_records) == (None, [])


def test_record_sets_that_cannot_be(dns, zone):
    put = dns.record_sets.create_or_update
    at_the_apex = refused(HttpResponseError, put, GROUP, zone, "@", "CNAME", cname("a.example.net"))
    assert at_the_apex[:2] == (400, "BadRequest")
    put(GROUP, zone, "www", "CNAME", cname("a.example.net"))
    beside = RecordSet(ttl=5, txt_records=[TxtRecord(value=["a"])])
    assert refused(ResourceExistsError, put, GROUP, zone, "www", "TXT", beside)[:2] == (409, "Conflict")
    elsewhere = refused(ResourceNotFoundError, put, GROUP, "nobody.example.org", "www", "TXT", beside)
    assert elsewhere[:2] == (404, "ParentResourceNotFound")
