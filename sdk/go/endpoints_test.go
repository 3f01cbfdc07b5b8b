package sdk

import (
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/trafficmanager/armtrafficmanager"
)

func TestExternalEndpoint(t *testing.T) {
	profile := newProfile(t)
	made := throughItsLife(t, *profile.Name, armtrafficmanager.EndpointTypeExternalEndpoints, "east us",
		armtrafficmanager.EndpointProperties{
			Target:           to.Ptr("my-app-east.example.com"),
			Weight:           to.Ptr[int64](70),
			Priority:         to.Ptr[int64](5),
			EndpointLocation: to.Ptr("eastus2"),
			GeoMapping:       []*string{to.Ptr("GEO-NA"), to.Ptr("DE")},
			Subnets: []*armtrafficmanager.EndpointPropertiesSubnetsItem{
				{First: to.Ptr("1.2.3.0"), Scope: to.Ptr[int32](24)},
				{First: to.Ptr("25.26.27.28"), Last: to.Ptr("29.30.31.32")},
			},
			CustomHeaders: []*armtrafficmanager.EndpointPropertiesCustomHeadersItem{
				{Name: to.Ptr("host"), Value: to.Ptr("x.example.com")},
			},
			AlwaysServe: to.Ptr(armtrafficmanager.AlwaysServeEnabled),
		})
	same(t, "id", made.ID, *profile.ID+"/externalEndpoints/east us")
	same(t, "type", made.Type, kind+"/externalEndpoints")
	same(t, "priority", made.Properties.Priority, 5)
	same(t, "location", made.Properties.EndpointLocation, "East US 2")
	same(t, "status", made.Properties.EndpointMonitorStatus, armtrafficmanager.EndpointMonitorStatusUnmonitored)
}

func TestAzureEndpoint(t *testing.T) {
	profile := newProfile(t)
	resource := "/subscriptions/" + subscription + "/resourceGroups/" + group +
		"/providers/Microsoft.Network/publicIPAddresses/" + *profile.Name
	host := *profile.Name + ".westeurope.cloudapp.azure.com"
	shared.control(t, "PUT", "resources", map[string]string{"id": resource, "host": host, "location": "westeurope"})
	made := throughItsLife(t, *profile.Name, armtrafficmanager.EndpointTypeAzureEndpoints, "west",
		armtrafficmanager.EndpointProperties{TargetResourceID: to.Ptr(resource), Weight: to.Ptr[int64](70)})
	same(t, "type", made.Type, kind+"/azureEndpoints")
	same(t, "resource", made.Properties.TargetResourceID, resource)
	same(t, "target", made.Properties.Target, host)
	same(t, "location", made.Properties.EndpointLocation, "West Europe")
}

func TestNestedEndpoint(t *testing.T) {
	profile, child := newProfile(t), newProfile(t)
	made := throughItsLife(t, *profile.Name, armtrafficmanager.EndpointTypeNestedEndpoints, "child",
		armtrafficmanager.EndpointProperties{
			TargetResourceID:      child.ID,
			Weight:                to.Ptr[int64](70),
			MinChildEndpoints:     to.Ptr[int64](2),
			MinChildEndpointsIPv4: to.Ptr[int64](1),
			MinChildEndpointsIPv6: to.Ptr[int64](1),
		})
	same(t, "type", made.Type, kind+"/nestedEndpoints")
	same(t, "target", made.Properties.Target, *child.Properties.DNSConfig.Fqdn)
	same(t, "children", made.Properties.MinChildEndpoints, 2)
	same(t, "children with IPv4", made.Properties.MinChildEndpointsIPv4, 1)
	same(t, "status", made.Properties.EndpointMonitorStatus, armtrafficmanager.EndpointMonitorStatusStopped)
}

// throughItsLife creates an endpoint, reads, changes and replaces it, and deletes it twice. It returns what was created.
func throughItsLife(
	t *testing.T, profile string, of armtrafficmanager.EndpointType, name string,
	properties armtrafficmanager.EndpointProperties,
) armtrafficmanager.Endpoint {
	t.Helper()
	endpoints, profiles := clients(t).NewEndpointsClient(), clients(t).NewProfilesClient()
	ctx, response := captured(t)
	made, err := endpoints.CreateOrUpdate(ctx, group, profile, of, name, armtrafficmanager.Endpoint{Properties: &properties}, nil)
	must(t, err)
	status(t, *response, 201)
	lossless(t, *response, made.Endpoint)
	same(t, "name", made.Name, name)
	same(t, "weight", made.Properties.Weight, 70)

	ctx, response = captured(t)
	change := armtrafficmanager.EndpointProperties{
		Weight:         to.Ptr[int64](30),
		EndpointStatus: to.Ptr(armtrafficmanager.EndpointStatusDisabled),
	}
	changed, err := endpoints.Update(ctx, group, profile, of, name, armtrafficmanager.Endpoint{Properties: &change}, nil)
	must(t, err)
	status(t, *response, 200)
	same(t, "weight", changed.Properties.Weight, 30)
	same(t, "target", changed.Properties.Target, *made.Properties.Target)
	same(t, "status", changed.Properties.EndpointMonitorStatus, armtrafficmanager.EndpointMonitorStatusDisabled)

	ctx, response = captured(t)
	read, err := endpoints.Get(ctx, group, profile, of, name, nil)
	must(t, err)
	lossless(t, *response, read.Endpoint)
	same(t, "weight", read.Properties.Weight, 30)

	// What was read can be written back; 201 even though it was there.
	ctx, response = captured(t)
	_, err = endpoints.CreateOrUpdate(ctx, group, profile, of, name, read.Endpoint, nil)
	must(t, err)
	status(t, *response, 201)

	for _, want := range []int{200, 204} {
		ctx, response = captured(t)
		_, err = endpoints.Delete(ctx, group, profile, of, name, nil)
		must(t, err)
		status(t, *response, want)
	}
	left, err := profiles.Get(t.Context(), group, profile, nil)
	must(t, err)
	same(t, "endpoints", to.Ptr(len(left.Properties.Endpoints)), 0)
	return made.Endpoint
}
