package sdk

import (
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/dns/armdns"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/trafficmanager/armtrafficmanager"
)

// dns are the clients for zones and record sets; ExternalDNS's azure provider uses the same.
func dns(t *testing.T) *armdns.ClientFactory {
	t.Helper()
	factory, err := armdns.NewClientFactory(subscription, shared.credential(t, secret), &arm.ClientOptions{
		ClientOptions:         shared.options(),
		DisableRPRegistration: true,
	})
	must(t, err)
	return factory
}

// newZone is one that no other test uses.
func newZone(t *testing.T) string {
	t.Helper()
	name := newName() + ".example.com"
	ctx, response := captured(t)
	made, err := dns(t).NewZonesClient().CreateOrUpdate(ctx, group, name, armdns.Zone{Location: to.Ptr("global")}, nil)
	must(t, err)
	status(t, *response, 201)
	lossless(t, *response, made.Zone)
	return name
}

func cname(target string) armdns.RecordSet {
	return armdns.RecordSet{Properties: &armdns.RecordSetProperties{
		TTL:         to.Ptr[int64](60),
		Metadata:    map[string]*string{"owner": to.Ptr("us")},
		CnameRecord: &armdns.CnameRecord{Cname: to.Ptr(target)},
	}}
}

func TestZonesAreMadeListedAndDeleted(t *testing.T) {
	zones, name := dns(t).NewZonesClient(), newZone(t)
	tagged, err := zones.Update(t.Context(), group, name, armdns.ZoneUpdate{Tags: map[string]*string{"a": to.Ptr("b")}}, nil)
	must(t, err)
	same(t, "tag", tagged.Tags["a"], "b")
	same(t, "servers", to.Ptr(len(tagged.Properties.NameServers)), 4)
	found := false
	ofGroup := zones.NewListByResourceGroupPager(group, &armdns.ZonesClientListByResourceGroupOptions{Top: to.Ptr[int32](1)})
	for ofGroup.More() {
		page, err := ofGroup.NextPage(t.Context())
		must(t, err)
		same(t, "zones on a page", to.Ptr(len(page.Value)), 1)
		found = found || *page.Value[0].Name == name
	}
	all := 0
	ofSubscription := zones.NewListPager(nil)
	for ofSubscription.More() {
		page, err := ofSubscription.NextPage(t.Context())
		must(t, err)
		all += len(page.Value)
	}
	if !found || all == 0 {
		t.Errorf("the zone is not listed: %v, %d in all", found, all)
	}
	deletion, err := zones.BeginDelete(t.Context(), group, name, nil)
	must(t, err)
	_, err = deletion.PollUntilDone(t.Context(), nil)
	must(t, err)
	_, err = zones.Get(t.Context(), group, name, nil)
	refused(t, err, 404, "ResourceNotFound")
}

func TestRecordSetsOfEveryKind(t *testing.T) {
	sets, zone := dns(t).NewRecordSetsClient(), newZone(t)
	all := []struct {
		kind armdns.RecordType
		set  armdns.RecordSetProperties
	}{
		{armdns.RecordTypeA, armdns.RecordSetProperties{ARecords: []*armdns.ARecord{{IPv4Address: to.Ptr("20.0.0.1")}}}},
		{armdns.RecordTypeAAAA, armdns.RecordSetProperties{AaaaRecords: []*armdns.AaaaRecord{{IPv6Address: to.Ptr("2603:1030::1")}}}},
		{armdns.RecordTypeTXT, armdns.RecordSetProperties{TxtRecords: []*armdns.TxtRecord{{Value: []*string{to.Ptr("a"), to.Ptr("b")}}}}},
		{armdns.RecordTypeNS, armdns.RecordSetProperties{NsRecords: []*armdns.NsRecord{{Nsdname: to.Ptr("ns1.example.net")}}}},
		{armdns.RecordTypeMX, armdns.RecordSetProperties{MxRecords: []*armdns.MxRecord{{Preference: to.Ptr[int32](10), Exchange: to.Ptr("mail.example.net")}}}},
	}
	for _, one := range all {
		one.set.TTL = to.Ptr[int64](300)
		ctx, response := captured(t)
		made, err := sets.CreateOrUpdate(ctx, group, zone, "www", one.kind, armdns.RecordSet{Properties: &one.set}, nil)
		must(t, err)
		status(t, *response, 201)
		lossless(t, *response, made.RecordSet)
	}
	ctx, response := captured(t)
	made, err := sets.CreateOrUpdate(ctx, group, zone, "my-app", armdns.RecordTypeCNAME, cname("app.trafficmanager.net"), nil)
	must(t, err)
	lossless(t, *response, made.RecordSet)
	same(t, "fqdn", made.Properties.Fqdn, "my-app."+zone+".")
	seen := map[string]int{}
	pager := sets.NewListAllByDNSZonePager(group, zone, &armdns.RecordSetsClientListAllByDNSZoneOptions{Top: to.Ptr[int32](3)})
	for pager.More() {
		page, err := pager.NextPage(t.Context())
		must(t, err)
		for _, set := range page.Value {
			seen[*set.Type]++
		}
	}
	for _, kind := range []string{"A", "AAAA", "TXT", "MX", "CNAME", "SOA"} {
		same(t, kind, to.Ptr(seen["Microsoft.Network/dnszones/"+kind]), 1)
	}
	same(t, "NS", to.Ptr(seen["Microsoft.Network/dnszones/NS"]), 2)
	ofType, err := sets.NewListByTypePager(group, zone, armdns.RecordTypeCNAME, nil).NextPage(t.Context())
	must(t, err)
	same(t, "of one type", to.Ptr(len(ofType.Value)), 1)
}

func TestARecordSetIsWrittenUnderConditions(t *testing.T) {
	sets, zone := dns(t).NewRecordSetsClient(), newZone(t)
	put := func(target string, options *armdns.RecordSetsClientCreateOrUpdateOptions) (armdns.RecordSetsClientCreateOrUpdateResponse, error) {
		return sets.CreateOrUpdate(t.Context(), group, zone, "www", armdns.RecordTypeCNAME, cname(target), options)
	}
	absent := &armdns.RecordSetsClientCreateOrUpdateOptions{IfNoneMatch: to.Ptr("*")}
	first, err := put("a.example.net", absent)
	must(t, err)
	_, err = put("b.example.net", absent)
	refused(t, err, 412, "PreconditionFailed")
	unchanged := &armdns.RecordSetsClientCreateOrUpdateOptions{IfMatch: first.Etag}
	second, err := put("b.example.net", unchanged)
	must(t, err)
	_, err = put("c.example.net", unchanged)
	refused(t, err, 412, "PreconditionFailed")
	patch := armdns.RecordSet{Properties: &armdns.RecordSetProperties{TTL: to.Ptr[int64](5)}}
	third, err := sets.Update(t.Context(), group, zone, "www", armdns.RecordTypeCNAME, patch, &armdns.RecordSetsClientUpdateOptions{IfMatch: second.Etag})
	must(t, err)
	same(t, "kept", third.Properties.CnameRecord.Cname, "b.example.net")
	_, err = sets.Delete(t.Context(), group, zone, "www", armdns.RecordTypeCNAME, &armdns.RecordSetsClientDeleteOptions{IfMatch: second.Etag})
	refused(t, err, 412, "PreconditionFailed")
	for _, want := range []int{200, 204} {
		ctx, response := captured(t)
		_, err = sets.Delete(ctx, group, zone, "www", armdns.RecordTypeCNAME, &armdns.RecordSetsClientDeleteOptions{IfMatch: third.Etag})
		must(t, err)
		status(t, *response, want)
	}
	_, err = sets.Get(t.Context(), group, zone, "www", armdns.RecordTypeCNAME, nil)
	refused(t, err, 404, "NotFound")
}

func TestAnAliasFollowsItsProfile(t *testing.T) {
	sets, zone, profile := dns(t).NewRecordSetsClient(), newZone(t), newProfile(t)
	alias := armdns.RecordSet{Properties: &armdns.RecordSetProperties{
		TTL:            to.Ptr[int64](3600),
		TargetResource: &armdns.SubResource{ID: profile.ID},
	}}
	ctx, response := captured(t)
	made, err := sets.CreateOrUpdate(ctx, group, zone, "@", armdns.RecordTypeA, alias, nil)
	must(t, err)
	lossless(t, *response, made.RecordSet)
	same(t, "target", made.Properties.TargetResource.ID, *profile.ID)
	same(t, "the profile's TTL", made.Properties.TTL, 30)
	endpoints := clients(t).NewEndpointsClient()
	_, err = endpoints.CreateOrUpdate(t.Context(), group, *profile.Name,
		armtrafficmanager.EndpointTypeExternalEndpoints, "east", endpointTo("east.example.com"), nil)
	refused(t, err, 400, "BadRequest")
	_, err = clients(t).NewProfilesClient().Delete(t.Context(), group, *profile.Name, nil)
	must(t, err)
	left, err := sets.Get(t.Context(), group, zone, "@", armdns.RecordTypeA, nil)
	must(t, err)
	if target := left.Properties.TargetResource; target != nil && target.ID != nil {
		t.Errorf("the alias still points at %s", *target.ID)
	}
	same(t, "records", to.Ptr(len(left.Properties.ARecords)), 0)
}

func TestRecordSetsThatCannotBe(t *testing.T) {
	sets, zone := dns(t).NewRecordSetsClient(), newZone(t)
	_, err := sets.CreateOrUpdate(t.Context(), group, zone, "@", armdns.RecordTypeCNAME, cname("a.example.net"), nil)
	refused(t, err, 400, "BadRequest")
	_, err = sets.CreateOrUpdate(t.Context(), group, zone, "www", armdns.RecordTypeCNAME, cname("a.example.net"), nil)
	must(t, err)
	beside := armdns.RecordSet{Properties: &armdns.RecordSetProperties{
		TTL: to.Ptr[int64](5), ARecords: []*armdns.ARecord{{IPv4Address: to.Ptr("20.0.0.1")}},
	}}
	_, err = sets.CreateOrUpdate(t.Context(), group, zone, "www", armdns.RecordTypeA, beside, nil)
	refused(t, err, 409, "Conflict")
	_, err = sets.CreateOrUpdate(t.Context(), group, "nobody.example.org", "www", armdns.RecordTypeA, beside, nil)
	refused(t, err, 404, "ParentResourceNotFound")
}
