package sdk

import (
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/trafficmanager/armtrafficmanager"
)

func TestANameIsFreeUntilAProfileHasIt(t *testing.T) {
	profiles, profile := clients(t).NewProfilesClient(), newProfile(t)
	ask := func(name string) (of armtrafficmanager.NameAvailability, inSubscription armtrafficmanager.NameAvailability) {
		question := armtrafficmanager.CheckTrafficManagerRelativeDNSNameAvailabilityParameters{
			Name: to.Ptr(name), Type: to.Ptr(kind),
		}
		first, err := profiles.CheckTrafficManagerRelativeDNSNameAvailability(t.Context(), question, nil)
		must(t, err)
		second, err := profiles.CheckTrafficManagerNameAvailabilityV2(t.Context(), question, nil)
		must(t, err)
		return first.NameAvailability, second.NameAvailability
	}
	first, second := ask(*profile.Name)
	for _, answer := range []armtrafficmanager.NameAvailability{first, second} {
		same(t, "available", answer.NameAvailable, false)
		same(t, "reason", answer.Reason, "AlreadyExists")
	}
	first, second = ask(*profile.Name + "-free")
	for _, answer := range []armtrafficmanager.NameAvailability{first, second} {
		same(t, "available", answer.NameAvailable, true)
	}
}

func TestTheGeographicHierarchyIsTheWorld(t *testing.T) {
	ctx, response := captured(t)
	hierarchy, err := clients(t).NewGeographicHierarchiesClient().GetDefault(ctx, nil)
	must(t, err)
	lossless(t, *response, hierarchy.GeographicHierarchy)
	var count func(*armtrafficmanager.Region) int
	count = func(region *armtrafficmanager.Region) int {
		regions := 1
		for _, child := range region.Regions {
			regions += count(child)
		}
		return regions
	}
	world := hierarchy.Properties.GeographicHierarchy
	same(t, "code", world.Code, "WORLD")
	same(t, "regions", to.Ptr(count(world)), 334)
}

func TestAHeatMapIsOfTheLastWeek(t *testing.T) {
	factory, profile := clients(t), newProfile(t)
	endpoint, err := factory.NewEndpointsClient().CreateOrUpdate(t.Context(), group, *profile.Name,
		armtrafficmanager.EndpointTypeExternalEndpoints, "east", armtrafficmanager.Endpoint{
			Properties: &armtrafficmanager.EndpointProperties{Target: to.Ptr("a.example.com")},
		}, nil)
	must(t, err)
	ctx, response := captured(t)
	heatMap, err := factory.NewHeatMapClient().Get(ctx, group, *profile.Name, &armtrafficmanager.HeatMapClientGetOptions{
		TopLeft: []float64{10, 50.001}, BotRight: []float64{-50.001, 80},
	})
	must(t, err)
	lossless(t, *response, heatMap.HeatMapModel)
	same(t, "id", heatMap.ID, *profile.ID+"/heatMaps/default")
	same(t, "window", to.Ptr(heatMap.Properties.EndTime.Sub(*heatMap.Properties.StartTime)), 7*24*time.Hour)
	same(t, "endpoint", heatMap.Properties.Endpoints[0].ResourceID, *endpoint.ID)
}

func TestTheKeyOfRealUserMeasurementsComesAndGoes(t *testing.T) {
	keys := clients(t).NewUserMetricsKeysClient()
	ctx, response := captured(t)
	made, err := keys.CreateOrUpdate(ctx, nil)
	must(t, err)
	status(t, *response, 201)
	lossless(t, *response, made.UserMetricsModel)
	read, err := keys.Get(t.Context(), nil)
	must(t, err)
	same(t, "key", read.Properties.Key, *made.Properties.Key)
	_, err = keys.Delete(t.Context(), nil)
	must(t, err)
	_, err = keys.Get(t.Context(), nil)
	refused(t, err, 404, "NotFound")
}
