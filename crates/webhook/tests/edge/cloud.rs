//! Which cloud the settings mean, and what `azure.json` adds to them.

use std::collections::BTreeSet;
use std::path::PathBuf;

use arm_client::{CredentialKind, ListScope};
use rstest::rstest;
use webhook::settings::{AzureArgs, AzureSettings, Environment, SettingsError};

const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000001";

fn resolve(variables: &[(&str, &str)]) -> Result<AzureSettings, SettingsError> {
    let environment: Environment = [("AZURE_SUBSCRIPTION_ID", SUBSCRIPTION)]
        .iter()
        .chain(variables)
        .copied()
        .collect();
    AzureSettings::resolve(&AzureArgs::default(), &environment)
}

/// The cloud's addresses: Resource Manager, login, audience, ending.
fn cloud(variables: &[(&str, &str)]) -> [String; 4] {
    let cloud = resolve(variables).unwrap().cloud;
    [
        cloud.arm_endpoint.to_string(),
        cloud.authority.to_string(),
        cloud.audience.to_string(),
        cloud.dns_suffix,
    ]
}

const PUBLIC: [&str; 4] = [
    "https://management.azure.com",
    "https://login.microsoftonline.com",
    "https://management.azure.com",
    "trafficmanager.net",
];
const US: [&str; 4] = [
    "https://management.usgovcloudapi.net",
    "https://login.microsoftonline.us",
    "https://management.usgovcloudapi.net",
    "usgovtrafficmanager.net",
];
const CHINA: [&str; 4] = [
    "https://management.chinacloudapi.cn",
    "https://login.chinacloudapi.cn",
    "https://management.chinacloudapi.cn",
    "trafficmanager.cn",
];

#[rstest]
#[case(&[], PUBLIC)]
#[case(&[("AZURE_CLOUD", "AzureCloud")], PUBLIC)]
#[case(&[("AZURE_CLOUD", "AzureUSGovernment")], US)]
#[case(&[("AZURE_CLOUD", "AZURECHINACLOUD")], CHINA)]
#[case::by_the_endpoint(&[("AZURE_ARM_ENDPOINT", "https://management.chinacloudapi.cn")], CHINA)]
#[case::as_aks_sets_it(&[("AZURE_CLOUD", "usgovernment"), ("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.us/")], US)]
fn clouds(#[case] variables: &[(&str, &str)], #[case] expected: [&str; 4]) {
    assert_eq!(cloud(variables), expected);
}

#[test]
fn a_gateway_stands_before_a_cloud() {
    let variables = [
        ("AZURE_CLOUD", "AzureChinaCloud"),
        ("AZURE_ARM_ENDPOINT", "https://arm.gateway.example.com"),
    ];
    let [arm, authority, audience, suffix] = cloud(&variables);
    assert_eq!(arm, "https://arm.gateway.example.com");
    assert_eq!([authority, audience, suffix], CHINA[1..]);
}

#[test]
fn a_custom_cloud_has_its_own_addresses() {
    let variables = [
        ("AZURE_CLOUD", "custom"),
        ("AZURE_ARM_ENDPOINT", "https://arm.example.com/v1"),
        ("AZURE_AUTHORITY_HOST", "https://login.example.com"),
    ];
    let expected = [
        "https://arm.example.com/v1",
        "https://login.example.com",
        "https://arm.example.com",
        "trafficmanager.net",
    ];
    assert_eq!(cloud(&variables), expected);
    let more = [
        ("AZURE_TOKEN_AUDIENCE", "https://audience.example.com/"),
        ("AZURE_DNS_SUFFIX", ".tm.example.com"),
    ];
    let [.., audience, suffix] = cloud(&[&variables[..], &more[..]].concat());
    assert_eq!(audience, "https://audience.example.com");
    assert_eq!(suffix, "tm.example.com");
}

#[test]
fn what_does_not_belong_together_is_reported() {
    let said = |variables: &[_]| resolve(variables).unwrap_err().to_string();
    insta::assert_snapshot!(said(&[("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.us/")]), @"
    one setting is wrong:
      --cloud (env AZURE_CLOUD) and --authority-host (env AZURE_AUTHORITY_HOST): when nothing is said the cloud is AzurePublicCloud, and https://login.microsoftonline.us belongs to AzureUSGovernmentCloud; for that cloud, --cloud=AzureUSGovernmentCloud is enough
    ");
    insta::assert_snapshot!(said(&[
        ("AZURE_CLOUD", "AzurePublicCloud"),
        ("AZURE_ARM_ENDPOINT", "https://management.chinacloudapi.cn"),
        ("AZURE_TOKEN_AUDIENCE", "https://management.core.usgovcloudapi.net/"),
        ("AZURE_DNS_SUFFIX", "trafficmanager.cn"),
    ]), @"
    3 settings are wrong:
      --cloud (env AZURE_CLOUD) and --arm-endpoint (env AZURE_ARM_ENDPOINT): the cloud is AzurePublicCloud, and https://management.chinacloudapi.cn belongs to AzureChinaCloud; for that cloud, --cloud=AzureChinaCloud is enough
      --cloud (env AZURE_CLOUD) and --token-audience (env AZURE_TOKEN_AUDIENCE): the cloud is AzurePublicCloud, and https://management.core.usgovcloudapi.net belongs to AzureUSGovernmentCloud; for that cloud, --cloud=AzureUSGovernmentCloud is enough
      --cloud (env AZURE_CLOUD) and --dns-suffix (env AZURE_DNS_SUFFIX): the cloud is AzurePublicCloud, and trafficmanager.cn belongs to AzureChinaCloud; for that cloud, --cloud=AzureChinaCloud is enough
    ");
    insta::assert_snapshot!(said(&[
        ("AZURE_ARM_ENDPOINT", "https://management.usgovcloudapi.net"),
        ("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.com"),
    ]), @"
    one setting is wrong:
      --arm-endpoint (env AZURE_ARM_ENDPOINT) and --authority-host (env AZURE_AUTHORITY_HOST): the endpoint's cloud is AzureUSGovernmentCloud, and https://login.microsoftonline.com belongs to AzurePublicCloud; for that cloud, --cloud=AzurePublicCloud is enough
    ");
    insta::assert_snapshot!(said(&[("AZURE_CLOUD", "custom")]), @"
    2 settings are wrong:
      --arm-endpoint (env AZURE_ARM_ENDPOINT) is required: give the URL of the custom cloud's Resource Manager
      --authority-host (env AZURE_AUTHORITY_HOST) is required: give the URL of the custom cloud's login service
    ");
}

/// The groups in each subscription, by the last character of its id.
fn groups(variables: &[(&str, &str)]) -> String {
    let settings = resolve(variables).unwrap();
    let lists = settings.lists();
    assert_eq!(lists.len(), lists.iter().collect::<BTreeSet<_>>().len());
    let shown = lists.iter().map(|list| match list {
        ListScope::Subscription(subscription) => format!("{}: all", &subscription.as_str()[35..]),
        ListScope::ResourceGroup(subscription, group) => {
            format!("{}: {group}", &subscription.as_str()[35..])
        }
    });
    shown.collect::<Vec<_>>().join(", ")
}

const TWO: &str = "00000000-0000-0000-0000-000000000002";
const THREE: &str = "00000000-0000-0000-0000-000000000003";

#[test]
fn groups_are_those_of_every_subscription_or_of_one() {
    let more = (
        "AZURE_SUBSCRIPTION_IDS",
        &*format!("{THREE}, {TWO},{SUBSCRIPTION}"),
    );
    let named = |groups: &str| groups.replace("TWO", TWO).replace("ONE", SUBSCRIPTION);
    let with = |given: &str| groups(&[more, ("AZURE_RESOURCE_GROUPS", &named(given))]);
    assert_eq!(with(""), "1: all, 2: all, 3: all");
    assert_eq!(with("b,a,B"), "1: a, 1: b, 2: a, 2: b, 3: a, 3: b");
    assert_eq!(with("a,TWO/c"), "1: a, 2: c, 3: a");
    assert_eq!(with("ONE/a,TWO/c"), "1: a, 2: c, 3: all");
    let error = resolve(&[("AZURE_RESOURCE_GROUPS", &format!("{TWO}/c"))]).unwrap_err();
    insta::assert_snapshot!(error, @"
    one setting is wrong:
      --resource-groups (env AZURE_RESOURCE_GROUPS or RESOURCE_GROUPS) and --subscription-ids (env AZURE_SUBSCRIPTION_IDS): the group c is given for the subscription 00000000-0000-0000-0000-000000000002, which is not among the subscriptions; add it there
    ");
}

struct File {
    _directory: tempfile::TempDir,
    path: PathBuf,
}

impl File {
    fn new(contents: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("azure.json");
        std::fs::write(&path, contents).unwrap();
        Self {
            _directory: directory,
            path,
        }
    }

    fn resolve(&self, variables: &[(&str, &str)]) -> Result<AzureSettings, SettingsError> {
        let path = self.path.to_str().unwrap();
        let environment: Environment = [("AZURE_CONFIG_FILE", path)]
            .iter()
            .chain(variables)
            .copied()
            .collect();
        AzureSettings::resolve(&AzureArgs::default(), &environment)
    }

    /// The report, with a path that is the same everywhere.
    fn refused(&self, variables: &[(&str, &str)]) -> String {
        let text = self.resolve(variables).unwrap_err().to_string();
        assert!(!text.contains("hunter2"), "{text}");
        text.replace(self.path.to_str().unwrap(), "azure.json")
    }
}

const FULL: &str = r#"{
    "cloud": "AzureUSGovernmentCloud", "tenantId": "t", "subscriptionId": "00000000-0000-0000-0000-00000000000A",
    "resourceGroup": "My-RG", "aadClientId": "c", "aadClientSecret": "hunter2"
}"#;

#[test]
fn the_file_has_defaults_and_a_credential() {
    let settings = File::new(FULL).resolve(&[]).unwrap();
    assert_eq!(
        settings.subscription.as_str(),
        "00000000-0000-0000-0000-00000000000a"
    );
    assert_eq!(settings.resource_groups.len(), 1);
    assert_eq!(settings.cloud.arm_endpoint.to_string(), US[0]);
    assert_eq!(settings.credential, CredentialKind::Auto);
    assert!(settings.azure_json.is_some());
    assert!(!format!("{settings:?}").contains("hunter2"));
}

#[test]
fn flags_and_variables_win_over_the_file() {
    let variables = [
        ("AZURE_SUBSCRIPTION_ID", SUBSCRIPTION),
        ("AZURE_RESOURCE_GROUPS", "a,b"),
        ("AZURE_CLOUD", "AzureChinaCloud"),
        ("AZURE_CREDENTIAL", "managed-identity"),
    ];
    let settings = File::new(FULL).resolve(&variables).unwrap();
    assert_eq!(settings.subscription.as_str(), SUBSCRIPTION);
    assert_eq!(settings.resource_groups.len(), 2);
    assert_eq!(settings.cloud.arm_endpoint.to_string(), CHINA[0]);
    assert_eq!(settings.credential, CredentialKind::ManagedIdentity);
}

#[test]
fn a_stack_of_ones_own_is_a_custom_cloud() {
    let file = File::new(
        r#"{"cloud": "AzureStackCloud", "subscriptionId": "00000000-0000-0000-0000-000000000001",
            "resourceManagerEndpoint": "https://arm.example.com", "resourceManagerAudience": "https://audience.example.com",
            "activeDirectoryAuthorityHost": "https://login.example.com/"}"#,
    );
    let cloud = file.resolve(&[]).unwrap().cloud;
    assert_eq!(cloud.arm_endpoint.to_string(), "https://arm.example.com");
    assert_eq!(cloud.audience.to_string(), "https://audience.example.com");
    assert_eq!(cloud.authority.to_string(), "https://login.example.com");
}

#[test]
fn what_is_wrong_with_the_file_is_said_without_its_secrets() {
    let missing = File::new("").path.with_file_name("missing.json");
    let given = [
        ("AZURE_SUBSCRIPTION_ID", SUBSCRIPTION),
        ("AZURE_CONFIG_FILE", missing.to_str().unwrap()),
    ];
    let error = resolve(&given).unwrap_err().to_string();
    assert!(error.contains("cannot be read"), "{error}");

    let said = |contents: &str| File::new(contents).refused(&[]);
    insta::assert_snapshot!(said(r#"{"subscriptionId": "my subscription", "resourceGroup": "a/b"}"#), @r#"
    2 settings are wrong:
      subscriptionId in azure.json (--subscription-id): "my subscription" must be a GUID such as 00000000-0000-0000-0000-000000000000
      resourceGroup in azure.json (--resource-groups): "a/b" must be 1 to 90 letters, digits, or any of _ - . ( ), and not end with a period
    "#);
    let given = [("AZURE_SUBSCRIPTION_ID", SUBSCRIPTION)];
    let said = |contents: &str| File::new(contents).refused(&given);
    insta::assert_snapshot!(said(r#"{"aadClientSecret": "hunter2", "aadClientId": "c", "tenantId": "t", "useManagedIdentityExtension": true}"#), @r#"
    one setting is wrong:
      $AZURE_CONFIG_FILE (--azure-config-file): "azure.json" is not usable: it describes two credentials, aadClientSecret and useManagedIdentityExtension; keep one
    "#);
    insta::assert_snapshot!(said("{\n  \"aadClientSecret\": \"hunter2\",\n}"), @r#"
    one setting is wrong:
      $AZURE_CONFIG_FILE (--azure-config-file): "azure.json" is not usable: it is not JSON: see line 3, column 1
    "#);
}
