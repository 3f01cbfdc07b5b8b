package harness

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	// Subscription is the subscription of every test.
	Subscription = "00000000-0000-0000-0000-000000000001"
	// Group is the resource group of every test that needs only one.
	Group = "my-tm-rg"

	apiVersion = "2022-04-01"
	// newestVersion is one in which every property is shown.
	newestVersion = "2026-09-01"
)

// Profile is what these tests read of a Traffic Manager profile.
type Profile struct {
	ID         string            `json:"id,omitempty"`
	Name       string            `json:"name,omitempty"`
	Location   string            `json:"location"`
	Tags       map[string]string `json:"tags,omitempty"`
	Properties ProfileProperties `json:"properties"`
}

// ProfileProperties are the settings of a profile.
type ProfileProperties struct {
	ProfileStatus        string     `json:"profileStatus,omitempty"`
	TrafficRoutingMethod string     `json:"trafficRoutingMethod"`
	DNSConfig            DNSConfig  `json:"dnsConfig"`
	MonitorConfig        Monitor    `json:"monitorConfig"`
	Endpoints            []Endpoint `json:"endpoints"`
	MaxReturn            *int       `json:"maxReturn,omitempty"`
}

// DNSConfig is the name of a profile.
type DNSConfig struct {
	RelativeName string `json:"relativeName"`
	FQDN         string `json:"fqdn,omitempty"`
	TTL          int    `json:"ttl"`
}

// Monitor is how a profile's endpoints are probed.
type Monitor struct {
	Protocol string `json:"protocol"`
	Port     int    `json:"port"`
	Path     string `json:"path,omitempty"`
}

// Endpoint is what these tests read of an endpoint.
type Endpoint struct {
	ID         string             `json:"id,omitempty"`
	Name       string             `json:"name"`
	Type       string             `json:"type"`
	Properties EndpointProperties `json:"properties"`
}

// EndpointProperties are the settings of an endpoint.
type EndpointProperties struct {
	Target           string   `json:"target"`
	EndpointStatus   string   `json:"endpointStatus,omitempty"`
	Weight           int      `json:"weight,omitempty"`
	Priority         int      `json:"priority,omitempty"`
	EndpointLocation string   `json:"endpointLocation,omitempty"`
	GeoMapping       []string `json:"geoMapping,omitempty"`
	AlwaysServe      string   `json:"alwaysServe,omitempty"`
}

// Endpoint returns the endpoint of that name, or nil.
func (p *Profile) Endpoint(name string) *Endpoint {
	for i := range p.Properties.Endpoints {
		if p.Properties.Endpoints[i].Name == name {
			return &p.Properties.Endpoints[i]
		}
	}
	return nil
}

// EndpointNames returns the names of the endpoints, sorted.
func (p *Profile) EndpointNames() []string {
	names := make([]string, 0, len(p.Properties.Endpoints))
	for _, endpoint := range p.Properties.Endpoints {
		names = append(names, endpoint.Name)
	}
	slices.Sort(names)
	return names
}

func groupPath(group string) string {
	return fmt.Sprintf("/subscriptions/%s/resourceGroups/%s/providers/Microsoft.Network/trafficmanagerprofiles", Subscription, group)
}

func query(path string) string { return path + "?api-version=" + apiVersion }

// Profiles returns the profiles of a resource group by name.
func (e *Emulator) Profiles(tb testing.TB, group string) map[string]Profile {
	tb.Helper()
	var list struct {
		Value []Profile `json:"value"`
	}
	e.must(tb, http.MethodGet, query(groupPath(group)), nil, &list)
	profiles := make(map[string]Profile, len(list.Value))
	for _, profile := range list.Value {
		profiles[profile.Name] = profile
	}
	return profiles
}

// ProfileNames returns the names of the profiles of a resource group, sorted.
func (e *Emulator) ProfileNames(tb testing.TB, group string) []string {
	tb.Helper()
	return slices.Sorted(maps.Keys(e.Profiles(tb, group)))
}

// FindProfile returns a profile, or nil if it does not exist.
func (e *Emulator) FindProfile(tb testing.TB, group, name string) *Profile {
	tb.Helper()
	var profile Profile
	err := e.call(http.MethodGet, query(groupPath(group)+"/"+name), nil, &profile)
	var status *StatusError
	if errors.As(err, &status) && status.Code == http.StatusNotFound {
		return nil
	}
	if err != nil {
		tb.Fatalf("read the profile %s: %v", name, err)
	}
	return &profile
}

// Profile returns a profile that has to exist.
func (e *Emulator) Profile(tb testing.TB, group, name string) *Profile {
	tb.Helper()
	profile := e.FindProfile(tb, group, name)
	if profile == nil {
		tb.Fatalf("the profile %s does not exist in Azure; there are %v", name, e.ProfileNames(tb, group))
	}
	return profile
}

// Member returns an endpoint that has to exist, of a profile that has to exist.
func (e *Emulator) Member(tb testing.TB, group, profile, endpoint string) Endpoint {
	tb.Helper()
	found := e.Profile(tb, group, profile)
	member := found.Endpoint(endpoint)
	if member == nil {
		tb.Fatalf("the profile %s has no endpoint %s; it has %v", profile, endpoint, found.EndpointNames())
	}
	return *member
}

// PutProfile writes a profile as somebody else would, with Terraform or the portal.
func (e *Emulator) PutProfile(tb testing.TB, group, name string, profile Profile) {
	tb.Helper()
	e.must(tb, http.MethodPut, query(groupPath(group)+"/"+name), profile, nil)
}

// PatchProfile changes a profile by hand.
func (e *Emulator) PatchProfile(tb testing.TB, group, name string, patch any) {
	tb.Helper()
	e.must(tb, http.MethodPatch, query(groupPath(group)+"/"+name), patch, nil)
}

// DeleteProfile deletes a profile by hand.
func (e *Emulator) DeleteProfile(tb testing.TB, group, name string) {
	tb.Helper()
	e.must(tb, http.MethodDelete, query(groupPath(group)+"/"+name), nil, nil)
}

// PutEndpoint writes an external endpoint by hand.
func (e *Emulator) PutEndpoint(tb testing.TB, group, profile string, endpoint Endpoint) {
	tb.Helper()
	e.must(tb, http.MethodPut, query(endpointPath(group, profile, endpoint.Name)), endpoint, nil)
}

// PatchEndpoint changes an external endpoint by hand.
func (e *Emulator) PatchEndpoint(tb testing.TB, group, profile, endpoint string, properties map[string]any) {
	tb.Helper()
	e.must(tb, http.MethodPatch, query(endpointPath(group, profile, endpoint)),
		map[string]any{"properties": properties}, nil)
}

// DeleteEndpoint deletes an external endpoint by hand.
func (e *Emulator) DeleteEndpoint(tb testing.TB, group, profile, endpoint string) {
	tb.Helper()
	e.must(tb, http.MethodDelete, query(endpointPath(group, profile, endpoint)), nil, nil)
}

func endpointPath(group, profile, endpoint string) string {
	return strings.Join([]string{groupPath(group), profile, "externalEndpoints", endpoint}, "/")
}

// External returns an external endpoint as somebody else would write it.
func External(name, target string, weight int) Endpoint {
	return Endpoint{
		Name:       name,
		Type:       "Microsoft.Network/trafficManagerProfiles/externalEndpoints",
		Properties: EndpointProperties{Target: target, Weight: weight, EndpointStatus: "Enabled"},
	}
}

// Foreign returns a weighted profile as somebody else would write it, without a
// mark of this system.
func Foreign(name string, endpoints ...Endpoint) Profile {
	return Profile{
		Location: "global",
		Tags:     map[string]string{"team": "network"},
		Properties: ProfileProperties{
			ProfileStatus:        "Enabled",
			TrafficRoutingMethod: "Weighted",
			DNSConfig:            DNSConfig{RelativeName: name, TTL: 30},
			MonitorConfig:        Monitor{Protocol: "HTTPS", Port: 443, Path: "/"},
			Endpoints:            endpoints,
		},
	}
}

// Differs says whether anything of an endpoint changed.
func Differs(before, after Endpoint) bool { return !reflect.DeepEqual(before, after) }

// ProfilesDiffer says whether anything of a profile or its endpoints changed.
func ProfilesDiffer(before, after Profile) bool { return !reflect.DeepEqual(before, after) }

// PutResource makes an Azure resource known, for endpoints of type Azure.
func (e *Emulator) PutResource(tb testing.TB, id, host, location string) {
	tb.Helper()
	e.must(tb, http.MethodPut, "/_emulator/resources", map[string]string{"id": id, "host": host, "location": location}, nil)
}

// Held returns what Azure holds, as JSON, at a place in the profile that this
// system has made: keys and indices with slashes between them, from the profile's
// resource on. A group of another subscription is written `subscription/group`.
// The answer is `null` where there is nothing, and without such a profile.
func (e *Emulator) Held(tb testing.TB, groups []string, place string) string {
	tb.Helper()
	var found []any
	for _, group := range groups {
		var list struct {
			Value []map[string]any `json:"value"`
		}
		path := groupPath(group)
		if subscription, group, other := strings.Cut(group, "/"); other {
			path = strings.Replace(groupPath(group), Subscription, subscription, 1)
		}
		e.must(tb, http.MethodGet, path+"?api-version="+newestVersion, nil, &list)
		for _, profile := range list.Value {
			tags, _ := profile["tags"].(map[string]any)
			_, ours := tags["externaldns-managed-by"]
			_, retired := tags["externaldns-retired"]
			if ours && !retired {
				found = append(found, profile)
			}
		}
	}
	if len(found) == 0 {
		return "null"
	}
	if len(found) > 1 {
		tb.Fatalf("this system has made %d profiles that are in use", len(found))
	}
	value := found[0]
	for key := range strings.SplitSeq(place, "/") {
		switch container := value.(type) {
		case map[string]any:
			value = container[key]
		case []any:
			index, err := strconv.Atoi(key)
			if err != nil || index >= len(container) {
				return "null"
			}
			value = container[index]
		default:
			return "null"
		}
	}
	text, err := json.Marshal(value)
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}
