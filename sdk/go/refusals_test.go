package sdk

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/trafficmanager/armtrafficmanager"
)

// refused checks the error that the library makes of an answer.
func refused(t *testing.T, err error, status int, code string) {
	t.Helper()
	var answer *azcore.ResponseError
	if !errors.As(err, &answer) {
		t.Errorf("not refused: %v", err)
	} else if answer.StatusCode != status || answer.ErrorCode != code {
		t.Errorf("%d %s, want %d %s: %v", answer.StatusCode, answer.ErrorCode, status, code, err)
	}
}

const external = armtrafficmanager.EndpointTypeExternalEndpoints

func endpointTo(target string) armtrafficmanager.Endpoint {
	return armtrafficmanager.Endpoint{Properties: &armtrafficmanager.EndpointProperties{Target: to.Ptr(target)}}
}

func TestWhatIsNotThere(t *testing.T) {
	factory, profile := clients(t), newProfile(t)
	profiles, endpoints := factory.NewProfilesClient(), factory.NewEndpointsClient()
	_, err := profiles.Get(t.Context(), group, "nobody", nil)
	refused(t, err, 404, "ResourceNotFound")
	_, err = profiles.Get(t.Context(), "another-group", "nobody", nil)
	refused(t, err, 404, "ResourceGroupNotFound")
	_, err = endpoints.Get(t.Context(), group, "nobody", external, "east", nil)
	refused(t, err, 404, "ResourceNotFound")
	_, err = endpoints.CreateOrUpdate(t.Context(), group, "nobody", external, "east", endpointTo("a.example.com"), nil)
	refused(t, err, 404, "ResourceNotFound")
	_, err = endpoints.Get(t.Context(), group, *profile.Name, external, "east", nil)
	refused(t, err, 404, "NotFound")
}

func TestANameThatSomebodyElseHas(t *testing.T) {
	profiles, profile := clients(t).NewProfilesClient(), newProfile(t)
	_, err := profiles.CreateOrUpdate(t.Context(), group, newName(), weighted(*profile.Name), nil)
	refused(t, err, 409, "Conflict")
}

func TestWhatIsInvalid(t *testing.T) {
	factory, profile := clients(t), newProfile(t)
	profiles, endpoints := factory.NewProfilesClient(), factory.NewEndpointsClient()
	_, err := endpoints.CreateOrUpdate(t.Context(), group, *profile.Name, external, "east", endpointTo("a.example.com"), nil)
	must(t, err)
	_, err = endpoints.CreateOrUpdate(t.Context(), group, *profile.Name, external, "west", endpointTo("a.example.com"), nil)
	refused(t, err, 400, "BadRequest")
	_, err = profiles.Update(t.Context(), group, *profile.Name, armtrafficmanager.Profile{
		Properties: &armtrafficmanager.ProfileProperties{Endpoints: []*armtrafficmanager.Endpoint{}},
	}, nil)
	refused(t, err, 400, "BadRequest")
	_, err = profiles.Update(t.Context(), group, *profile.Name, armtrafficmanager.Profile{
		Properties: &armtrafficmanager.ProfileProperties{
			MonitorConfig: &armtrafficmanager.MonitorConfig{TimeoutInSeconds: to.Ptr[int64](60)},
		},
	}, nil)
	refused(t, err, 400, "BadRequest")
}

// constant is a credential with a token that nobody has issued.
type constant struct{}

func (constant) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: "made up", ExpiresOn: time.Now().Add(time.Hour)}, nil
}

func TestATokenThatNobodyHasIssued(t *testing.T) {
	profiles := shared.factory(t, constant{}).NewProfilesClient()
	_, err := profiles.Get(t.Context(), group, "nobody", nil)
	refused(t, err, 401, "InvalidAuthenticationToken")
}
