//! Names as people give them, chosen by a small generator of fixed numbers.

use members::Subject;
use members::claim::Claim;
use members::derive::endpoint_name;

use crate::{at, claim};

const REGIONS: [&str; 12] = [
    "westeurope",
    "northeurope",
    "eastus",
    "eastus2",
    "westus3",
    "centralus",
    "uksouth",
    "francecentral",
    "germanywestcentral",
    "swedencentral",
    "southeastasia",
    "canadacentral",
];
const STAGES: [&str; 4] = ["prod", "stage", "live", "retail"];
const DOMAINS: [&str; 4] = [
    "example.com",
    "contoso-retail.net",
    "internal.fabrikam.io",
    "k8s.northwind-traders.cloud",
];
const APPS: [&str; 20] = [
    "checkout-api",
    "payments-gateway",
    "catalog-search",
    "user-profile",
    "session-store",
    "notification-hub",
    "inventory-sync",
    "pricing-engine",
    "order-history",
    "recommendation-svc",
    "media-proxy",
    "auth-frontend",
    "billing-worker",
    "shop-web",
    "admin-console",
    "graphql-edge",
    "telemetry-ingest",
    "feature-flags",
    "cart-service",
    "shipping-quotes",
];
/// Names of which the dictionary of the packed form knows nothing.
const APPS_ELSEWHERE: [&str; 20] = [
    "lagerbestand-abgleich",
    "zahlungseingang",
    "kundenkonto",
    "retourenportal",
    "versandetikett",
    "gutscheindienst",
    "mahnwesen",
    "rechnungslauf",
    "filialsuche",
    "preisfindung",
    "warenkorb-v2",
    "zeiterfassung",
    "wareneingang",
    "tourenplanung",
    "bonitaetspruefung",
    "stammdaten-pflege",
    "druckerwolke",
    "leergut-annahme",
    "personaleinsatz",
    "hygienemonitor",
];
/// Owners from this number on have apps with such names.
pub(crate) const ELSEWHERE: u64 = 100;
const NAMESPACES: [&str; 9] = [
    "payments",
    "shop",
    "catalog",
    "identity",
    "platform",
    "checkout-prod",
    "team-orion",
    "storefront",
    "default",
];
const KINDS: [&str; 4] = ["service", "ingress", "httproute", "crd"];

/// How endpoints get their names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Naming {
    /// An annotation says `aks-prod-westeurope-01-checkout-api`.
    Given,
    /// From the owner and the host.
    Derived,
    /// From the owner, ExternalDNS's set identifier and the host.
    DerivedWithSet,
}

/// A sequence of numbers that is the same everywhere.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn of<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[usize::try_from(self.below(list.len() as u64)).unwrap()]
    }
}

/// The claims of one of many owners.
pub(crate) fn claims(owner: u64, count: usize, naming: Naming) -> Vec<Claim> {
    let mut numbers = Numbers(owner * 7919 + 1);
    let region = numbers.of(&REGIONS);
    let name = format!("aks-{}-{region}-{:02}", numbers.of(&STAGES), owner + 1);
    let domain = numbers.of(&DOMAINS);
    let first_app = usize::try_from(numbers.below(20)).unwrap();
    let mut since = at(1_795_000_000).as_millisecond();
    let claims = (0..count).map(|number| {
        let apps = if owner < ELSEWHERE {
            APPS
        } else {
            APPS_ELSEWHERE
        };
        let app = apps[(first_app + number * 7) % 20];
        let app = match number / 20 {
            0 => app.to_owned(),
            round => format!("{app}-{round}"),
        };
        // About every second comes in the same loop as the one before it.
        if numbers.below(2) == 0 {
            since += i64::try_from(numbers.below(5_000_000_000)).unwrap();
        }
        let host = format!("{app}.{name}.{domain}");
        let derived = |set: &str| {
            endpoint_name(&name.parse().unwrap(), set, &host.parse().unwrap())
                .unwrap()
                .to_string()
        };
        let endpoint = match naming {
            Naming::Given => format!("{name}-{app}"),
            Naming::Derived => derived(""),
            Naming::DerivedWithSet => derived(if number % 2 == 0 { "blue" } else { "green" }),
        };
        let resource = format!("{}/{}/{app}", numbers.of(&KINDS), numbers.of(&NAMESPACES));
        Claim {
            since: jiff::Timestamp::from_millisecond(since).unwrap(),
            subject: Subject {
                resource,
                host: host.clone(),
            },
            ..claim(&name, &endpoint, "", "")
        }
    });
    claims.collect()
}
