//! Settings from flags and environment.

use std::ffi::OsString;
use std::time::Duration;

use arm_client::CredentialKind;
use clap::{Args as _, Command, FromArgMatches as _};
use proptest::prelude::*;
use rstest::rstest;
use traffic_manager::ResourceGroup;
use webhook::log::LogFormat;
use webhook::settings::field::{self, Field};
use webhook::settings::{
    Environment, KubernetesEvents, MaxDeletions, Problem, ProfileRetention, RequestShare,
    ServeArgs, Settings, SettingsError,
};

const SUBSCRIPTION: &str = "00000000-0000-0000-0000-000000000001";

fn command() -> Command {
    ServeArgs::augment_args(
        Command::new("serve")
            .disable_help_flag(true)
            .term_width(100),
    )
}

fn flags(flags: &[&str]) -> ServeArgs {
    let matches = command()
        .try_get_matches_from([&["serve"], flags].concat())
        .unwrap();
    ServeArgs::from_arg_matches(&matches).unwrap()
}

/// Settings from flags and variables, with what is required given.
fn resolve(given: &[&str], variables: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    let required = [
        ("OWNER_ID", "east"),
        ("AZURE_SUBSCRIPTION_ID", SUBSCRIPTION),
    ];
    Settings::resolve(
        &flags(given),
        &required.iter().chain(variables).copied().collect(),
    )
}

fn groups(settings: &Settings) -> Vec<&str> {
    settings
        .azure
        .resource_groups
        .iter()
        .map(ResourceGroup::as_str)
        .collect()
}

#[test]
fn help() {
    insta::assert_snapshot!(command().render_help());
}

#[test]
fn every_flag_is_documented_with_its_variables() {
    let command = command();
    for field in field::ALL {
        let argument = command
            .get_arguments()
            .find(|argument| argument.get_long() == Some(field.flag))
            .unwrap();
        let help = argument.get_help().unwrap().to_string();
        assert!(help.contains(&format!("[env: {}", field.env[0])), "{help}");
        assert!(field.env.iter().all(|name| help.contains(name)), "{help}");
    }
    assert_eq!(command.get_arguments().count(), field::ALL.len());
}

#[test]
fn defaults() {
    let settings = resolve(&[], &[]).unwrap();
    assert_eq!(settings.owner.as_str(), "east");
    assert_eq!(settings.azure.subscription.as_str(), SUBSCRIPTION);
    assert_eq!(groups(&settings), [""; 0]);
    assert_eq!(
        settings.azure.cloud.arm_endpoint.to_string(),
        "https://management.azure.com"
    );
    assert_eq!(settings.azure.credential, CredentialKind::Auto);
    assert_eq!(settings.api_address.to_string(), "127.0.0.1:8888");
    assert_eq!(settings.ops_address.to_string(), "0.0.0.0:8080");
    assert!(!settings.domain_filter.is_configured());
    assert_eq!(settings.deadline, Duration::from_secs(10));
    assert!(!settings.dry_run);
    assert_eq!(settings.profile_grace, Duration::from_hours(1));
    assert_eq!(settings.profile_retention, ProfileRetention::Delete);
    assert_eq!(settings.max_deletions, MaxDeletions::Percent(50));
    assert_eq!(settings.request_share, RequestShare::Percent(90));
    assert!(!settings.keep_last_member);
    assert_eq!(settings.delete_grace, Duration::ZERO);
    assert_eq!(settings.health_interval, Duration::from_mins(1));
    assert_eq!(settings.kubernetes_events, KubernetesEvents::Auto);
    assert_eq!(settings.resolver, None);
    assert_eq!(settings.log_filter.as_str(), "info");
    assert_eq!(settings.log_format, LogFormat::Text);
    assert_eq!(settings.warnings, []);
}

#[test]
fn everything_from_the_environment() {
    let variables = [
        ("AZURE_RESOURCE_GROUPS", "My-TM-RG, other ,my-tm-rg,"),
        ("AZURE_ARM_ENDPOINT", "http://127.0.0.1:9100"),
        ("AZURE_CREDENTIAL", "NONE"),
        ("SERVER_HOST", "localhost"),
        ("SERVER_PORT", "1"),
        ("METRICS_HOST", "[::1]"),
        ("METRICS_PORT", "2"),
        ("REGEXP_DOMAIN_FILTER", r"\.example\.com$"),
        ("REGEXP_DOMAIN_FILTER_EXCLUSION", "^internal"),
        ("REQUEST_DEADLINE", "1500ms"),
        ("DRY_RUN", "True"),
        ("PROFILE_GRACE", "1h30m"),
        ("PROFILE_RETENTION", "keep"),
        ("MAX_DELETIONS", "12"),
        ("REQUEST_SHARE", "30%"),
        ("KEEP_LAST_MEMBER", "true"),
        ("DELETE_GRACE", "5m"),
        ("HEALTH_INTERVAL", "0s"),
        ("KUBERNETES_EVENTS", "Off"),
        ("RESOLVER", "127.0.0.1:5353"),
        ("LOG_LEVEL", "warning"),
        ("LOG_FORMAT", "json"),
    ];
    let settings = resolve(&[], &variables).unwrap();
    assert_eq!(groups(&settings), ["my-tm-rg", "other"]);
    assert_eq!(
        settings.azure.cloud.arm_endpoint.to_string(),
        "http://127.0.0.1:9100"
    );
    assert_eq!(settings.azure.credential, CredentialKind::None);
    assert_eq!(settings.api_address.to_string(), "127.0.0.1:1");
    assert_eq!(settings.ops_address.to_string(), "[::1]:2");
    assert_eq!(settings.deadline, Duration::from_millis(1500));
    assert!(settings.dry_run);
    assert_eq!(settings.profile_grace, Duration::from_mins(90));
    assert_eq!(settings.profile_retention, ProfileRetention::Keep);
    assert_eq!(settings.max_deletions, MaxDeletions::Number(12));
    assert_eq!(settings.request_share, RequestShare::Percent(30));
    assert!(settings.keep_last_member);
    assert_eq!(settings.delete_grace, Duration::from_mins(5));
    assert!(settings.health_interval.is_zero());
    assert_eq!(settings.kubernetes_events, KubernetesEvents::Off);
    let resolver = settings.resolver.map(|server| server.to_string());
    assert_eq!(resolver.as_deref(), Some("127.0.0.1:5353"));
    assert_eq!(settings.log_filter.as_str(), "warn");
    assert_eq!(settings.log_format, LogFormat::Json);
    assert!(settings.domain_filter.matches("app.example.com"));
    assert!(!settings.domain_filter.matches("internal.example.com"));
    assert_eq!(settings.warnings, []);
}

#[test]
fn a_flag_wins_and_an_empty_value_counts_as_not_given() {
    let settings = resolve(
        &[
            "--credential=none",
            "--arm-endpoint=http://127.0.0.1",
            "--log-format=",
        ],
        &[("AZURE_CREDENTIAL", "auto"), ("LOG_FORMAT", "json")],
    );
    let settings = settings.unwrap();
    assert_eq!(settings.azure.credential, CredentialKind::None);
    assert_eq!(settings.log_format, LogFormat::Json);

    let empty: Vec<_> = field::ALL
        .iter()
        .flat_map(|field| field.env)
        .map(|name| (*name, "  "))
        .collect();
    let variables = empty.into_iter().chain([
        ("OWNER_ID", "east"),
        ("AZURE_SUBSCRIPTION_ID", SUBSCRIPTION),
    ]);
    let settings = Settings::resolve(&ServeArgs::default(), &variables.collect()).unwrap();
    assert_eq!(
        format!("{settings:?}"),
        format!("{:?}", resolve(&[], &[]).unwrap())
    );
}

#[rstest]
#[case(&[("AZURE_RESOURCE_GROUPS", "a"), ("RESOURCE_GROUPS", "b")], "a")]
#[case(&[("AZURE_RESOURCE_GROUPS", ""), ("RESOURCE_GROUPS", "b")], "b")]
#[case(&[("RESOURCE_GROUPS", "b")], "b")]
fn resource_groups_have_two_variables(#[case] variables: &[(&str, &str)], #[case] group: &str) {
    assert_eq!(groups(&resolve(&[], variables).unwrap()), [group]);
}

#[test]
fn list_flags_may_be_repeated() {
    let settings = resolve(&["--resource-groups", "a,b", "--resource-groups=c"], &[]).unwrap();
    assert_eq!(groups(&settings), ["a", "b", "c"]);
}

#[rstest]
#[case(&["--dry-run"], true)]
#[case(&["--dry-run=false"], false)]
#[case(&["--dry-run", "--log-level=debug"], true)]
fn a_switch_needs_no_value(#[case] given: &[&str], #[case] on: bool) {
    assert_eq!(resolve(given, &[("DRY_RUN", "no")]).unwrap().dry_run, on);
}

#[rstest]
#[case("0", MaxDeletions::Number(0))]
#[case("25", MaxDeletions::Number(25))]
#[case("0%", MaxDeletions::Percent(0))]
#[case("30 %", MaxDeletions::Percent(30))]
#[case("100%", MaxDeletions::Percent(100))]
fn a_limit_for_deletions(#[case] given: &str, #[case] limit: MaxDeletions) {
    let settings = resolve(&[&format!("--max-deletions={given}")], &[]).unwrap();
    assert_eq!(settings.max_deletions, limit);
    assert_eq!(limit.to_string(), given.replace(' ', ""));
}

#[rstest]
#[case("1%", RequestShare::Percent(1))]
#[case("100 %", RequestShare::Percent(100))]
#[case("OFF", RequestShare::Off)]
fn a_share_of_the_limits(#[case] given: &str, #[case] share: RequestShare) {
    let settings = resolve(&[&format!("--request-share={given}")], &[]).unwrap();
    assert_eq!(settings.request_share, share);
}

#[rstest]
#[case("0%")]
#[case("101%")]
#[case("+5%")]
#[case("50")]
#[case("%")]
fn no_share_of_the_limits(#[case] given: &str) {
    let error = resolve(&[&format!("--request-share={given}")], &[]).unwrap_err();
    assert!(
        error.to_string().contains("from 1% to 100%, or off"),
        "{error}"
    );
}

#[rstest]
#[case("-1")]
#[case("+1")]
#[case("+50%")]
#[case("101%")]
#[case("%")]
#[case("0.5")]
#[case("50 percent")]
#[case("99999999999999999999999")]
fn no_limit_for_deletions(#[case] given: &str) {
    let error = resolve(&[&format!("--max-deletions={given}")], &[]).unwrap_err();
    assert!(error.to_string().contains("percentage from 0% to 100%"));
}

/// A percentage leaves small owners alone, a number does not.
#[rstest]
#[case(MaxDeletions::Percent(50), 4, 4, false)]
#[case(MaxDeletions::Percent(50), 2, 5, false)]
#[case(MaxDeletions::Percent(50), 3, 5, true)]
#[case(MaxDeletions::Percent(50), 3, 6, false)]
#[case(MaxDeletions::Percent(0), 1, 5, true)]
#[case(MaxDeletions::Percent(100), 5, 5, false)]
#[case(MaxDeletions::Number(0), 1, 1, true)]
#[case(MaxDeletions::Number(2), 2, 2, false)]
#[case(MaxDeletions::Number(2), 3, 100, true)]
#[case(MaxDeletions::Number(0), 0, 0, false)]
fn what_is_too_many(
    #[case] limit: MaxDeletions,
    #[case] deletions: usize,
    #[case] members: usize,
    #[case] too_many: bool,
) {
    assert_eq!(limit.is_exceeded(deletions, members), too_many);
}

#[test]
fn everything_wrong_is_reported_at_once() {
    let variables = [
        ("AZURE_SUBSCRIPTION_ID", "my subscription"),
        ("AZURE_SUBSCRIPTION_IDS", "another subscription"),
        ("RESOURCE_GROUPS", "good,bad group,also/bad"),
        ("AZURE_ARM_ENDPOINT", "management.azure.com"),
        ("AZURE_CLOUD", "AzureGermanCloud"),
        ("AZURE_AUTHORITY_HOST", "http://login.example.com"),
        ("AZURE_TOKEN_AUDIENCE", "arm"),
        ("AZURE_DNS_SUFFIX", "*.example.com"),
        ("AZURE_CONFIG_FILE", "/nonexistent/azure.json"),
        ("AZURE_CREDENTIAL", "cli"),
        ("DRY_RUN", "maybe"),
        ("PROFILE_GRACE", "-1h"),
        ("PROFILE_RETENTION", "forget"),
        ("MAX_DELETIONS", "101%"),
        ("REQUEST_SHARE", "0%"),
        ("KEEP_LAST_MEMBER", "if you can"),
        ("DELETE_GRACE", "300"),
        ("REGEXP_DOMAIN_FILTER", "("),
        ("REGEXP_DOMAIN_FILTER_EXCLUSION", "(?=ahead)"),
        ("DOMAIN_FILTER", "example.com"),
        ("SERVER_HOST", "pod.example.com"),
        ("SERVER_PORT", "70000"),
        ("METRICS_HOST", "256.0.0.1"),
        ("METRICS_PORT", "http"),
        ("REQUEST_DEADLINE", "10"),
        ("LOG_LEVEL", "inof"),
        ("LOG_FORMAT", "yaml"),
    ];
    let error =
        Settings::resolve(&ServeArgs::default(), &variables.into_iter().collect()).unwrap_err();
    insta::assert_snapshot!(error);
}

#[rstest]
#[case("nothing_given", &[], &[])]
#[case("no_credential", &["--credential=none"], &[])]
#[case("deadline_zero", &["--deadline=0s"], &[])]
#[case("deadline_word", &["--deadline=soon"], &[])]
#[case("http_with_credential", &["--arm-endpoint=http://10.0.0.1:9100"], &[])]
#[case("password_in_url", &["--arm-endpoint=https://user:secret@example.com"], &[])]
#[case("scheme", &["--arm-endpoint=ftp://example.com"], &[])]
#[case("lists_and_regex", &["--exclude-domain-filter=a.example.com"], &[("REGEXP_DOMAIN_FILTER_EXCLUSION", "^a")])]
#[case("one_port_for_both", &["--server-port=8080"], &[])]
fn single_problems(#[case] name: &str, #[case] given: &[&str], #[case] variables: &[(&str, &str)]) {
    let error = if name == "nothing_given" {
        Settings::resolve(&ServeArgs::default(), &Environment::default())
    } else {
        resolve(given, variables)
    };
    let text = error.unwrap_err().to_string();
    assert!(!text.contains("secret"));
    insta::assert_snapshot!(format!("single_problem_{name}"), text);
}

#[cfg(unix)]
#[test]
fn values_that_are_not_utf_8_are_named() {
    use std::os::unix::ffi::OsStringExt as _;
    let variables = [
        ("OWNER_ID", OsString::from_vec(vec![b'e', 0xff])),
        ("AZURE_SUBSCRIPTION_ID", SUBSCRIPTION.into()),
    ];
    let error =
        Settings::resolve(&ServeArgs::default(), &variables.into_iter().collect()).unwrap_err();
    insta::assert_snapshot!(error, @r#"
    one setting is wrong:
      $OWNER_ID (--owner-id): "e�" must be UTF-8
    "#);
}

#[rstest]
#[case("deadline", &["--deadline=15s"])]
#[case("api_not_on_loopback", &["--server-host=0.0.0.0"])]
fn what_is_probably_not_meant(#[case] name: &str, #[case] given: &[&str]) {
    let settings = resolve(given, &[]).unwrap();
    let [warning] = settings.warnings.as_slice() else {
        panic!("{:?}", settings.warnings)
    };
    insta::assert_snapshot!(format!("warning_{name}"), warning);
}

fn any_field() -> impl Strategy<Value = Field> {
    prop::sample::select(field::ALL)
}

/// A wrong value for every setting that can have one by itself, in the order of the report.
const WRONG: &[(Field, &str)] = &[
    (field::OWNER_ID, "a,b"),
    (field::AZURE_CONFIG_FILE, "/nonexistent/azure.json"),
    (field::SUBSCRIPTION_ID, "1"),
    (field::SUBSCRIPTION_IDS, "2"),
    (field::RESOURCE_GROUPS, "a/b"),
    (field::CLOUD, "AzureGermanCloud"),
    (field::ARM_ENDPOINT, "arm"),
    (field::AUTHORITY_HOST, "login"),
    (field::TOKEN_AUDIENCE, "arm"),
    (field::DNS_SUFFIX, "a b"),
    (field::CREDENTIAL, "cli"),
    (field::REQUEST_SHARE, "half"),
    (field::DRY_RUN, "2"),
    (field::PROFILE_GRACE, "1"),
    (field::PROFILE_RETENTION, "x"),
    (field::MAX_DELETIONS, "half"),
    (field::KEEP_LAST_MEMBER, "x"),
    (field::DELETE_GRACE, "1"),
    (field::HEALTH_INTERVAL, "1"),
    (field::KUBERNETES_EVENTS, "x"),
    (field::REGEXP_DOMAIN_FILTER, "("),
    (field::REGEXP_DOMAIN_FILTER_EXCLUSION, "["),
    (field::SERVER_HOST, "x"),
    (field::SERVER_PORT, "-1"),
    (field::METRICS_HOST, "x"),
    (field::METRICS_PORT, "x"),
    (field::DEADLINE, "0s"),
    (field::RESOLVER, "dns.example.com"),
    (field::LOG_LEVEL, "x"),
    (field::LOG_FORMAT, "x"),
];

proptest! {
    /// Whatever a variable holds, it is either used, or reported under its own name.
    #[test]
    fn a_wrong_value_is_reported_under_its_name(field in any_field(), value in "\\PC{0,20}") {
        let name = *field.env.last().unwrap();
        if let Err(error) = resolve(&[], &[(name, &value)]) {
            prop_assert!(!error.problems().is_empty());
            prop_assert!(error.to_string().contains(name));
            prop_assert!(error.to_string().contains(field.flag));
        }
    }

    /// Every wrong setting is reported, whatever else is wrong, and no other.
    #[test]
    fn all_that_is_wrong_is_reported_and_nothing_else(wrong in prop::sample::subsequence(WRONG, 1..=WRONG.len())) {
        let variables: Vec<_> = wrong.iter().map(|(field, value)| (field.env[0], *value)).collect();
        let error = resolve(&[], &variables).unwrap_err();
        let reported: Vec<_> = error
            .problems()
            .iter()
            .map(|problem| match problem {
                Problem::Invalid { field, .. } => *field,
                Problem::Missing { .. } | Problem::Conflict { .. } => panic!("{problem}"),
            })
            .collect();
        let expected: Vec<_> = wrong.iter().map(|(field, _)| *field).collect();
        prop_assert_eq!(reported, expected);
    }

    #[test]
    fn durations_round_trip(milliseconds in 1_u64..100_000_000) {
        let settings = resolve(&[&format!("--deadline={milliseconds}ms")], &[]).unwrap();
        prop_assert_eq!(settings.deadline, Duration::from_millis(milliseconds));
    }
}
