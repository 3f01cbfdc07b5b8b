//! Values of annotations: good ones, bad ones, and those on the edge of both.

use members::annotation::Name;

const RESOURCE: &str = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/my-rg/providers/Microsoft.Network/publicIPAddresses/my-ip";
const PROFILE: &str = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/my-rg/providers/Microsoft.Network/trafficManagerProfiles/my-app-europe";
const LONG: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// Values that are good by themselves, and values that are not.
pub(crate) fn of(name: Name) -> (&'static [&'static str], &'static [&'static str]) {
    match name {
        Name::AlwaysServe | Name::EndpointStatus | Name::ProfileStatus => (
            &["Enabled", "disabled", " ENABLED "],
            &["on", "true", "Enabled."],
        ),
        Name::DnsName => (
            &["my-app", "My-App.eu", "a", "9-9"],
            &[
                "my_app", "-a", "a-", "a..b", ".a", "a.", "bücher", LONG, "a b",
            ],
        ),
        Name::DnsTtl => (
            &["0", "30", "2147483647"],
            &[
                "30s",
                "-1",
                "2147483648",
                "99999999999999999999",
                "1.5",
                "030",
                "+5",
            ],
        ),
        Name::Enabled => (&["true", " TRUE ", "True"], &["yes", "1", "", "on", "truе"]),
        Name::EndpointHeaders | Name::MonitorHeaders => (
            &[
                "X-Probe: yes",
                "Host: app.example.com",
                "host : App.Example.com.; X-A:1;",
                "A: 1; B: 2\nC: 3",
                r"Agent: probe (a\; b); X-A: \\",
                "A: 1; B: 1; C: 1; D: 1; E: 1; F: 1; G: 1; H: 1",
                "Host: 20.1.2.3:8080; X: a: b * c",
            ],
            &[
                "X-Probe",
                ";",
                "X Probe: 1",
                "X-A:",
                "X-A: ä",
                "X-A: 1; x-a: 2",
                "Host: *.example.com",
                "Host: app",
                "Host: a b",
                "Host: app.example.com:0",
                "A: 1; B: 1; C: 1; D: 1; E: 1; F: 1; G: 1; H: 1; I: 1",
                r"X\;A: 1",
                ": 1",
            ],
        ),
        Name::EndpointLocation => (
            &[
                "westeurope",
                "West US 2",
                "eastus",
                "moonbase",
                "westeurop",
                "US\u{a0}West",
            ],
            &["?", "west-us", "2west", "a", LONG, "ostösterreich"],
        ),
        Name::EndpointName => (
            &["east", "East US #1", "fleet-1#svc", "été", "a.b"],
            &["east/us", "a*b", ".", "..", "a?b", "a:b", "a\tb", "100%"],
        ),
        Name::EndpointType => (
            &["External", "azure", "NESTED"],
            &["Cloud", "ExternalEndpoints"],
        ),
        Name::GeoMapping => (
            &[
                "WORLD",
                "DE",
                "de, fr",
                "Germany",
                "GEO-EU,US-CA",
                "united states, Cote d'Ivoire",
                "São Tomé and Príncipe",
                "ÅLAND ISLANDS",
                "DE,DE",
                "Germ_any",
            ],
            &[
                "Germny", "EU", "UK", "XX", "DE,", "Georgia", "US-ZZ", "DE;FR", "Ger!mny", "-",
            ],
        ),
        Name::HealthChecksEnabled => (&["true", "False"], &["yes", "Enabled", "0"]),
        Name::Hostname => (
            &[
                "my-app.example.com",
                "My-App.Example.com.",
                "*.example.com",
                "localhost",
                "_a.b",
                "bücher.example.com",
                "1.2",
            ],
            &[
                "https://my-app.example.com",
                "my app",
                "a..b",
                "-a.example.com",
                "a.*.b",
                "*",
                "bü cher.example.com",
                ".",
            ],
        ),
        Name::MaxReturn => (&["1", "10"], &["0", "11", "two", "300"]),
        Name::MinChildEndpoints => (&["1", "200"], &["0", "201", "x", "999"]),
        Name::MinChildEndpointsIpv4 | Name::MinChildEndpointsIpv6 => {
            (&["0", "200"], &["201", "-1", "00"])
        }
        Name::MonitorExpectedStatusCodes => (
            &[
                "200",
                "200-299,301",
                " 200 - 299 , 301 ",
                "+200",
                "0200",
                "200,200,200,200,200,200,200,200",
            ],
            &[
                "2xx",
                "99",
                "200-1000",
                "299-200",
                "200,",
                "200-",
                "200,201,202,203,204,205,206,207,208",
                "200-201-202",
            ],
        ),
        Name::MonitorHost => (
            &[
                "app.example.com",
                "none",
                "NONE",
                "App.Example.com:8443",
                "20.1.2.3",
                "2603:1030::1",
                "20.1.2.3:80",
                "app.example.com..",
            ],
            &[
                "*.example.com",
                "https://app.example.com",
                "app",
                "a b.example.com",
                "20.1.2",
                "app.example.com:0",
                "app.example.com:65536",
                "bü cher.de",
                "[2603:1030::1]:80",
            ],
        ),
        Name::MonitorInterval => (&["10", "30", "+30", "010"], &["20", "10s", "0", "-10"]),
        Name::MonitorPath => (
            &["/", "/health?a=b%20c"],
            &["health", "/a b", "/ä", "https://x/"],
        ),
        Name::MonitorPort => (&["80", "1", "65535"], &["0", "65536", "http", "080"]),
        Name::MonitorProtocol => (&["HTTP", "https", "Tcp"], &["UDP", "HTTP2"]),
        Name::MonitorTimeout => (&["5", "9", "10"], &["4", "11", "5s"]),
        Name::MonitorToleratedFailures => (&["0", "9"], &["10", "-1", "three"]),
        Name::Priority => (&["1", "1000"], &["0", "1001", "first", "007"]),
        Name::ProfileManagement => (&["manage", "JOIN"], &["share", "joined"]),
        Name::ProfileName => (
            &["my-app", "My.App-1", "a"],
            &[
                "my_app", "-a", "a-", ".a", "a/b", "bücher", LONG, "a..b", "a-.b",
            ],
        ),
        Name::RecordType => (&["A", "aaaa", "Cname"], &["TXT", "AA"]),
        Name::ResourceGroup => (
            &["my-rg", "My_RG.(1)", "gruppe-ä"],
            &["my rg", "rg.", "a/b", "gruppe ä"],
        ),
        Name::RoutingMethod => (
            &[
                "Weighted",
                "priority",
                "Performance",
                "Geographic",
                "Subnet",
                "MULTIVALUE",
            ],
            &["RoundRobin", "Weight"],
        ),
        Name::Subnets => (
            &[
                "203.0.113.0/24",
                "203.0.113.4",
                "20.0.0.4-20.0.0.9, 10.0.0.0/8",
                "2001:db8::/32,2603:1030::1",
                "20.0.0.0/24,20.0.1.0/24",
                "20.0.0.1,20.0.0.1/32",
                "::ffff:20.1.2.3",
            ],
            &[
                "everybody",
                "203.0.113.7/24",
                "203.0.113.0/33",
                "20.0.0.9-20.0.0.4",
                "20.0.0.4-2603:1030::1",
                "20.0.0.0/24,20.0.0.128/25",
                "20.0.0.0/24,20.0.0.4-20.0.0.9",
                "203.0.113.0/24,",
                "2603:1030::1/32",
                "20.0.0.1-",
            ],
        ),
        Name::SubscriptionId => (
            &[
                "00000000-0000-0000-0000-000000000000",
                "11111111-2222-3333-4444-55555555555A",
            ],
            &[
                "production",
                "00000000-0000-0000-0000-00000000000",
                "0000000000000000000000000000000000000",
            ],
        ),
        Name::Tags => (
            &[
                "env=prod",
                "Env=a=b, cost-centre = 42",
                r"who=me\, and \\ you,x=",
                "a=1\nb=2",
                "été=1",
            ],
            &[
                "env",
                "cost/centre=42",
                "1st=yes",
                "env=prod,ENV=test",
                "externaldns-managed-by=me",
                "Hostname=x",
                "managedBy=x",
                "a b=1",
                r"a\,b=1",
                ",",
                "=x",
            ],
        ),
        Name::Target => (
            &[
                "hostname",
                "ADDRESS",
                "lb.example.net",
                "LB.Example.net.",
                "my-app.example.com",
                "20.1.2.3",
                "2603:1030:0::1",
                "bücher.example.net",
            ],
            &[
                "20.1.2.3:443",
                "https://lb.example.net",
                "20.1.2",
                "*.example.net",
                "localhost",
                "10.1.2.3",
                "192.88.99.1",
                "fe80::1",
                "2001:DB8::1",
                "::ffff:20.1.2.3",
                "bü cher.example.net",
                "a..b",
            ],
        ),
        Name::TargetProfile => (
            &["my-app-europe", "My.Child", PROFILE],
            &[
                "my_app",
                "my-app",
                "/subscriptions/x/resourceGroups/rg/providers/Microsoft.Network/trafficManagerProfiles/a",
                "a/b",
                RESOURCE,
            ],
        ),
        Name::TargetResourceId => (
            &[
                RESOURCE,
                "subscriptions/00000000-0000-0000-0000-00000000000A/resourcegroups/RG/providers/microsoft.web/Sites/a/slots/b/",
            ],
            &[
                "my-ip",
                PROFILE,
                "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/my-rg/providers/Microsoft.Network/loadBalancers/lb",
                "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/my-rg/providers/Microsoft.ContainerService/managedClusters/aks",
                "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/my-rg/providers/Microsoft.Network/publicIPAddresses",
                "/subscriptions/x/resourceGroups/rg/providers/Microsoft.Network/publicIPAddresses/a",
                "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/my-rg/providers/Microsoft.Network/publicIPAddresses/a b",
            ],
        ),
        Name::TrafficView => (&["true", "False", "Enabled"], &["on", "maybe"]),
        Name::Vanity => (
            &["none", "DNSEndpoint", "azure-dns", "azure-dns-alias"],
            &["true", "cname"],
        ),
        Name::Weight => (
            &["0", "1", "1000", " 70 "],
            &["1001", "70%", "-1", "01", "1e3"],
        ),
    }
}
