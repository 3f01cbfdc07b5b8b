package sdk

import (
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/trafficmanager/armtrafficmanager"
)

func TestCreateSays201AndReplace200(t *testing.T) {
	profiles, name := clients(t).NewProfilesClient(), newName()
	wanted := weighted(name)
	wanted.Tags = map[string]*string{"team": to.Ptr("dns")}
	wanted.Properties.TrafficRoutingMethod = to.Ptr(armtrafficmanager.TrafficRoutingMethodPriority)
	wanted.Properties.TrafficViewEnrollmentStatus = to.Ptr(armtrafficmanager.TrafficViewEnrollmentStatusEnabled)
	wanted.Properties.MonitorConfig = &armtrafficmanager.MonitorConfig{
		Protocol:                  to.Ptr(armtrafficmanager.MonitorProtocolHTTP),
		Port:                      to.Ptr[int64](8080),
		Path:                      to.Ptr("/health"),
		IntervalInSeconds:         to.Ptr[int64](10),
		TimeoutInSeconds:          to.Ptr[int64](5),
		ToleratedNumberOfFailures: to.Ptr[int64](2),
		CustomHeaders: []*armtrafficmanager.MonitorConfigCustomHeadersItem{
			{Name: to.Ptr("host"), Value: to.Ptr("app.example.com")},
		},
		ExpectedStatusCodeRanges: []*armtrafficmanager.MonitorConfigExpectedStatusCodeRangesItem{
			{Min: to.Ptr[int32](200), Max: to.Ptr[int32](299)},
		},
	}
	wanted.Properties.Endpoints = []*armtrafficmanager.Endpoint{{
		Name:       to.Ptr("east"),
		Type:       to.Ptr(kind + "/externalEndpoints"),
		Properties: &armtrafficmanager.EndpointProperties{Target: to.Ptr("a.example.com")},
	}}
	ctx, response := captured(t)
	made, err := profiles.CreateOrUpdate(ctx, group, name, wanted, nil)
	must(t, err)
	status(t, *response, 201)
	lossless(t, *response, made.Profile)
	same(t, "id", made.ID, "/subscriptions/"+subscription+"/resourceGroups/"+group+"/providers/"+kind+"/"+name)
	same(t, "type", made.Type, kind)
	same(t, "fqdn", made.Properties.DNSConfig.Fqdn, name+".trafficmanager.net")
	same(t, "tag", made.Tags["team"], "dns")
	same(t, "status", made.Properties.MonitorConfig.ProfileMonitorStatus, armtrafficmanager.ProfileMonitorStatusCheckingEndpoints)
	same(t, "priority", made.Properties.Endpoints[0].Properties.Priority, 1)

	ctx, response = captured(t)
	replaced, err := profiles.CreateOrUpdate(ctx, group, name, weighted(name), nil)
	must(t, err)
	status(t, *response, 200)
	same(t, "method", replaced.Properties.TrafficRoutingMethod, armtrafficmanager.TrafficRoutingMethodWeighted)
	same(t, "interval", replaced.Properties.MonitorConfig.IntervalInSeconds, 30)
	// A PUT without endpoints takes them away.
	same(t, "endpoints", to.Ptr(len(replaced.Properties.Endpoints)), 0)
}

func TestUpdateChangesWhatItNames(t *testing.T) {
	profiles, profile := clients(t).NewProfilesClient(), newProfile(t)
	ctx, response := captured(t)
	changed, err := profiles.Update(ctx, group, *profile.Name, armtrafficmanager.Profile{
		Tags:       map[string]*string{"stage": to.Ptr("test")},
		Properties: &armtrafficmanager.ProfileProperties{DNSConfig: &armtrafficmanager.DNSConfig{TTL: to.Ptr[int64](5)}},
	}, nil)
	must(t, err)
	status(t, *response, 200)
	same(t, "TTL", changed.Properties.DNSConfig.TTL, 5)
	same(t, "tag", changed.Tags["stage"], "test")
	same(t, "path", changed.Properties.MonitorConfig.Path, "/health")
	ctx, response = captured(t)
	read, err := profiles.Get(ctx, group, *profile.Name, nil)
	must(t, err)
	lossless(t, *response, read.Profile)
	same(t, "TTL", read.Properties.DNSConfig.TTL, 5)
}

func TestBothListsHaveIt(t *testing.T) {
	profiles, profile := clients(t).NewProfilesClient(), newProfile(t)
	var listed []*armtrafficmanager.Profile
	for pager := profiles.NewListByResourceGroupPager(group, nil); pager.More(); {
		page, err := pager.NextPage(t.Context())
		must(t, err)
		listed = append(listed, page.Value...)
	}
	for pager := profiles.NewListBySubscriptionPager(nil); pager.More(); {
		page, err := pager.NextPage(t.Context())
		must(t, err)
		listed = append(listed, page.Value...)
	}
	found := 0
	for _, one := range listed {
		if *one.ID == *profile.ID {
			found++
			if one.Properties.MonitorConfig.ProfileMonitorStatus != nil {
				t.Error("a list shows no health")
			}
		}
	}
	if found != 2 {
		t.Errorf("listed %d times, want once in each list", found)
	}
}

func TestDeleteSays200AndThen204(t *testing.T) {
	profiles, profile := clients(t).NewProfilesClient(), newProfile(t)
	for _, want := range []int{200, 204} {
		ctx, response := captured(t)
		_, err := profiles.Delete(ctx, group, *profile.Name, nil)
		must(t, err)
		status(t, *response, want)
	}
	_, err := profiles.Get(t.Context(), group, *profile.Name, nil)
	refused(t, err, 404, "ResourceNotFound")
}
