//! Law: adjust, apply, records is a fixpoint, whatever the annotations.

use external_dns::model::Service;
use proptest::prelude::*;

use crate::harness::{Azure, Cluster, app, key};

fn service(index: usize) -> impl Strategy<Value = Service> {
    let choice =
        |values: &'static [&'static str]| proptest::option::of(proptest::sample::select(values));
    let fields = (
        choice(&["one", "two"]),
        choice(&[
            "Weighted",
            "priority",
            "PERFORMANCE",
            "Geographic",
            "Subnet",
            "MultiValue",
            "None",
        ]),
        choice(&["0", "1", "1000", "1001", "x"]),
        choice(&["1", "2", "3", "0"]),
        choice(&[
            "address",
            "hostname",
            "Target.Example.Net.",
            "20.0.0.9",
            "not a name",
        ]),
        choice(&["HTTP", "https", "tcp", "icmp"]),
        choice(&["80", "8443", "0"]),
        choice(&["/", "/health?x=1", "health"]),
        choice(&["DE,fr", "WORLD", "XX"]),
        choice(&["192.0.2.0/24", "198.51.100.1-198.51.100.9"]),
        (
            choice(&["West US 2", "eastus"]),
            choice(&["true", "false"]),
            choice(&["0", "60", "-1"]),
        ),
    );
    fields.prop_map(
        move |(
            profile,
            method,
            weight,
            priority,
            target,
            protocol,
            port,
            path,
            geo,
            subnets,
            (location, checks, ttl),
        )| {
            let mut service = app(&index.to_string(), &format!("app-{index}.example.com"));
            let given = [
                ("profile-name", profile),
                ("routing-method", method),
                ("weight", weight),
                ("priority", priority),
                ("target", target),
                ("monitor-protocol", protocol),
                ("monitor-port", port),
                ("monitor-path", path),
                ("geo-mapping", geo),
                ("subnets", subnets),
                ("endpoint-location", location),
                ("health-checks-enabled", checks),
                ("dns-ttl", ttl),
            ];
            for (name, value) in given {
                if let Some(value) = value {
                    service = service.with_annotation(key(name), value);
                }
            }
            service
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, max_shrink_iters: 64, ..ProptestConfig::default() })]

    #[test]
    fn the_chain_comes_to_rest(
        first in (service(0), service(1), service(2)),
        second in (service(0), service(1), service(2)),
    ) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(async {
            let azure = Azure::start().await;
            let east = Cluster::start("east", &azure).await;
            for services in [[first.0, first.1, first.2], [second.0, second.1, second.2]] {
                let mut rested = false;
                for _ in 0..4 {
                    let looped = east.run(&services).await;
                    if let Some((status, _)) = &looped.failed {
                        prop_assert!((500..=510).contains(&status.as_u16()));
                    }
                    rested = looped.failed.is_none() && looped.changes.is_none();
                    if rested {
                        break;
                    }
                }
                prop_assert!(rested, "no rest");
                east.quiet(&azure, &services).await;
            }
            Ok(())
        })?;
    }
}
