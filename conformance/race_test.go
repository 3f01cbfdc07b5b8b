package conformance

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"external-dns-traffic-manager/conformance/harness"
)

// racer is a cluster whose teams change their minds while another cluster works
// on the same profiles.
type racer struct {
	*harness.Cluster
	place    string
	random   *rand.Rand
	services map[string]harness.Service
}

// raced are the profiles that the racers share.
var raced = []string{"race-one", "race-two"}

// Two real controllers meet in two profiles that neither has made yet, and go on
// changing weights, names and profiles of their members while the other one does
// the same. Then both stop: everything is as the annotations say, and quiet.
func TestTwoControllersRaceAndComeToRest(t *testing.T) {
	const seeds, rounds, loopsPerRound, loopsToRest = 4, 6, 2, 3
	for seed := range uint64(seeds) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			world := harness.NewWorld(t, "--latency=3ms")
			var racers []*racer
			for number, place := range []string{"east", "west"} {
				// Everything may go at once here.
				setup := harness.Setup{Serve: []string{"--max-deletions=100%"}}
				racers = append(racers, &racer{
					Cluster:  world.ClusterWith(t, "cluster-"+place, setup),
					place:    place,
					random:   rand.New(rand.NewPCG(seed, uint64(number))),
					services: map[string]harness.Service{},
				})
			}
			for range rounds {
				// Sources are built before the race, so that the loops overlap.
				for _, racer := range racers {
					racer.changeMinds(t)
					racer.Prepare(t)
				}
				var group sync.WaitGroup
				for _, racer := range racers {
					group.Go(func() {
						for range loopsPerRound {
							racer.Attempt(t)
						}
					})
				}
				group.Wait()
			}
			for _, racer := range racers {
				loops := 0
				for racer.Loop(t).Planned != nil {
					if loops++; loops > loopsToRest {
						t.Fatalf("%s still plans changes in loop %d", racer.Owner, loops)
					}
				}
			}
			for _, racer := range racers {
				racer.Quiesce(t)
				racer.ExpectNoOp(t)
			}
			wantAll(t, world, racers)
		})
	}
}

// changeMinds gives some of the cluster's Services other annotations, takes some
// away, and brings some back.
func (r *racer) changeMinds(t *testing.T) {
	t.Helper()
	for _, name := range []string{"api", "shop", "blog"} {
		service, exists := r.services[name]
		switch choice := r.random.IntN(6); {
		case exists && choice == 0:
			r.Delete(t, service)
			delete(r.services, name)
			continue
		case exists && choice == 1:
			continue
		}
		service = plain(name + "-" + r.place)
		service.TM = service.TM.With(
			"profile-name", raced[r.random.IntN(len(raced))],
			"endpoint-name", fmt.Sprintf("%s-%s-%d", name, r.place, r.random.IntN(2)),
			"weight", decimal(1+r.random.IntN(1000)),
		)
		r.Apply(t, service)
		r.services[name] = service
	}
}

// wantAll fails the test unless Azure holds what all clusters ask for, and no more.
func wantAll(t *testing.T, world *harness.World, racers []*racer) {
	t.Helper()
	want := map[string][]string{}
	for _, racer := range racers {
		for _, service := range racer.services {
			profile, endpoint := service.TM["profile-name"], service.TM["endpoint-name"]
			want[profile] = append(want[profile], endpoint)
			held := world.Member(t, group, profile, endpoint).Properties
			wantEqual(t, "the weight of "+endpoint, decimal(held.Weight), service.TM["weight"])
			wantEqual(t, "the target of "+endpoint, held.Target, service.Hosts[0])
		}
	}
	for name, profile := range world.Profiles(t, group) {
		names := slices.Sorted(slices.Values(profile.EndpointNames()))
		expected := slices.Sorted(slices.Values(want[name]))
		if !slices.Equal(names, expected) {
			t.Errorf("profile %s has the endpoints %v, want %v", name, names, expected)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if _, exists := world.Profiles(t, group)[name]; !exists {
			t.Errorf("profile %s is missing", name)
		}
	}
}
