//! Which recordings are one session with the service, in the order in which they were made, and what was there before.

use emulator::model::location::Location;
use emulator::{AzureResource, Request, State};
use serde_json::{Value, json};

/// A session: recordings that build on one another.
pub(crate) struct Session {
    pub(crate) name: &'static str,
    pub(crate) file: &'static str,
    /// Ends of the origins of its exchanges, in order.
    pub(crate) parts: &'static [&'static str],
    /// Makes what the session found.
    pub(crate) before: fn(&mut State),
}

const SESSIONS: &str = "session-recordings.jsonl";

pub(crate) const ALL: &[Session] = &[
    Session {
        name: "java: subnet routing",
        file: SESSIONS,
        parts: &["canCreateTrafficManagerWithSubnetRouting.json"],
        before: nothing,
    },
    Session {
        name: "java: geographic endpoint",
        file: SESSIONS,
        parts: &["canCreateUpdateProfileWithGeographicEndpoint.json"],
        before: nothing,
    },
    Session {
        name: "java: geographic hierarchy",
        file: SESSIONS,
        parts: &["canGetGeographicHierarchy.json"],
        before: nothing,
    },
    Session {
        name: "java: Azure endpoints",
        file: SESSIONS,
        parts: &["testManageSimpleTrafficManager.json"],
        before: public_addresses_of_virtual_machines,
    },
    Session {
        name: "cli 2015: endpoints",
        file: SESSIONS,
        parts: &[
            "endpoint_create_should_pass.nock.js",
            "endpoint_set_should_pass.nock.js",
            "endpoint_delete_should_pass.nock.js",
        ],
        before: nothing,
    },
    Session {
        name: "cli 2015: profiles",
        file: SESSIONS,
        parts: &[
            "profile_create_should_pass.nock.js",
            "profile_list_should_pass.nock.js",
            "profile_set_should_pass.nock.js",
            "profile_show_should_pass.nock.js",
            "profile_is-dns-available.nock.js",
            "profile_delete.nock.js",
        ],
        before: nothing,
    },
    Session {
        name: "cli 2017: endpoints",
        file: SESSIONS,
        parts: &[
            "endpoints_create_should_create_endpoints.nock.js",
            "endpoints_show_should_display_endpoints_details.nock.js",
            "endpoints_set_should_update_endpoints.nock.js",
            "endpoints_delete_should_delete_endpoints.nock.js",
        ],
        before: profile_of_the_cli,
    },
    Session {
        name: "cli 2017: profiles",
        file: SESSIONS,
        parts: &[
            "profiles_create_with_defaults_should_create_profiles_with_default_values.nock.js",
            "profiles_create_should_create_profiles.nock.js",
            "profiles_show_should_display_profiles_details.nock.js",
            "name_availability_operation_successfully.nock.js",
            "profiles_set_should_update_profiles.nock.js",
            "profiles_list_should_display_all_profiles_in_resource_group.nock.js",
            "profiles_delete_should_delete_profiles.nock.js",
        ],
        before: nothing,
    },
    Session {
        name: "operator 2022: three endpoint types",
        file: "azure-service-operator.jsonl",
        parts: &["Test_Network_v1api20220401_CreationAndDeletion.yaml"],
        before: public_address_of_the_operator,
    },
];

fn nothing(_: &mut State) {}

fn public_addresses_of_virtual_machines(state: &mut State) {
    let group = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rgcopdcca256648d97d/providers/Microsoft.Network/publicIPAddresses";
    for (name, label, region) in [
        ("pip25901711", "vmf5b9656052-1", "eastus"),
        ("pip819006b8", "vmda84090100-1", "westus"),
        ("pip74166b8f", "vmda84090100-0", "westus"),
        ("pip96683a35", "vmf5b9656052-0", "eastus"),
    ] {
        public_address(state, &format!("{group}/{name}"), label, region);
    }
}

fn public_address_of_the_operator(state: &mut State) {
    public_address(
        state,
        "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/asotest-rg-mzqwfg/providers/Microsoft.Network/publicIPAddresses/aso-sample-publicip",
        "mydemoapp",
        "westus2",
    );
}

fn public_address(state: &mut State, id: &str, label: &str, region: &str) {
    let resource = AzureResource {
        host: Some(format!("{label}.{region}.cloudapp.azure.com")),
        location: Location::parse(region).expect("a region"),
    };
    state.add_resource(id, resource);
}

/// The suite made this profile before its recordings begin.
fn profile_of_the_cli(state: &mut State) {
    put(
        state,
        "/subscriptions/947d47b4-7883-4bb9-9d85-c5e8e2f572ce/resourceGroups/xplat-test-endpoint/providers/Microsoft.Network/trafficmanagerprofiles/profileName",
        "2017-05-01",
        &json!({
            "location": "global",
            "properties": {
                "trafficRoutingMethod": "Performance",
                "dnsConfig": { "relativeName": "test-profile-dns", "ttl": 300 },
                "monitorConfig": { "protocol": "HTTP", "port": 80, "path": "/healthcheck.html" },
            },
        }),
    );
}

/// Sends a PUT that is expected to create something.
pub(crate) fn put(state: &mut State, path: &str, version: &str, body: &Value) {
    let request = Request::new(axum::http::Method::PUT, path, version, body);
    let response = state.answer(&request);
    assert_eq!(response.status, 201, "{response:?}");
}
