//! Which profile, and what its endpoints share besides the probes.

use members::VanityMode;
use members::annotation::Name;
use members::marks::{PREDECESSOR, PREDECESSOR_HOST, TAG_PREFIX};
use traffic_manager::tag::TAG_VALUE_MAX;
use traffic_manager::{MaxReturn, RecordType, RoutingMethod, Switch, Ttl};

use super::{number, word};
use crate::policy::cel::{self, DNS_LABEL, GROUP, GUID, PROFILE, matches};
use crate::policy::rule::Rule;

/// Most tags of the user's own, and most characters of their names together.
const TAGS_MAX: usize = 44;

/// Every way in which the record of a vanity host can be made.
const VANITY_MODES: [VanityMode; 4] = [
    VanityMode::None,
    VanityMode::DnsEndpoint,
    VanityMode::AzureDns,
    VanityMode::AzureDnsAlias,
];

pub(super) fn variables() -> Vec<(&'static str, String)> {
    let subscription = cel::variable(Name::SubscriptionId);
    let group = cel::variable(Name::ResourceGroup);
    vec![
        (
            "@subscription_is_valid",
            format!("{subscription} == '' || {}", matches(&subscription, GUID)),
        ),
        (
            "@group_is_valid",
            format!(
                "{group} == '' || !{} || {}",
                cel::is_ascii(&group),
                matches(&group, GROUP)
            ),
        ),
        (
            "@profile_is_valid",
            format!("@profile_name == '' || {}", matches("@profile_name", PROFILE)),
        ),
        // What is escaped is replaced by what is no name either.
        (
            "@tag_list",
            r"@tags.replace('\\\\', '<').replace('\\,', '<').replace('\\\n', ' ').replace('\\', '').replace('\n', ',').split(',').map(tag, tag.trim()).filter(tag, tag != '')".to_owned(),
        ),
        (
            "@tag_names",
            "@tag_list.map(tag, tag.split('=')[0].trim().lowerAscii())".to_owned(),
        ),
    ]
}

pub(super) fn rules() -> Vec<Rule> {
    let mut rules = vec![
        word(Name::Enabled, "yes", ["true", "false"])
            .holds("@enabled.lowerAscii() in ['true', 'false']"),
        Rule::on(Name::SubscriptionId, "production").holds("@subscription_is_valid"),
        // Without a valid subscription the parser cannot tell its groups.
        Rule::on(Name::ResourceGroup, "my rg").holds("!@subscription_is_valid || @group_is_valid"),
        Rule::on(Name::ProfileName, "my_app")
            .with(Name::DnsName, "my-app")
            .holds("@profile_is_valid"),
        Rule::among(&[(Name::ProfileName, "My..App")])
            .part("my..app", "@profile_name.lowerAscii()")
            .holds(format!(
                "@profile_name == '' || @dns_name != '' || !@profile_is_valid || {}",
                matches("@profile_name", &format!(r"{DNS_LABEL}(\.{DNS_LABEL})*"))
            )),
        Rule::on(Name::DnsName, "my_app").unless_absent(&format!(
            "({} && @dns_name.size() <= 229)",
            matches("@dns_name", &format!(r"{DNS_LABEL}(\.{DNS_LABEL})*"))
        )),
        Rule::on(Name::Hostname, "https://my-app.example.com")
            .unless_absent(&cel::is_hostname("@hostname")),
        word(
            Name::Vanity,
            "cname",
            VANITY_MODES.iter().map(|mode| mode.as_str()),
        ),
        Rule::on(Name::Vanity, "azure-dns").holds(format!(
            "@hostname != '' || @vanity.lowerAscii() in ['', 'none'] || !(@vanity.lowerAscii() in {})",
            cel::list(VANITY_MODES.iter().map(|mode| mode.as_str()))
        )),
        word(Name::ProfileManagement, "share", ["manage", "join"]),
        word(
            Name::ProfileStatus,
            "on",
            Switch::ALL.iter().map(|word| word.as_str()),
        ),
        number(Name::DnsTtl, "30s", Ttl::MIN.get(), Ttl::MAX.get()),
        word(
            Name::RoutingMethod,
            "RoundRobin",
            RoutingMethod::ALL.iter().map(|word| word.as_str()),
        ),
        number(
            Name::MaxReturn,
            "11",
            MaxReturn::MIN.get().into(),
            MaxReturn::MAX.get().into(),
        )
        .with(Name::RoutingMethod, "MultiValue")
        .with(Name::Target, "20.1.2.3"),
        word(
            Name::TrafficView,
            "on",
            ["true", "false", "enabled", "disabled"],
        ),
        word(
            Name::RecordType,
            "TXT",
            RecordType::ALL.iter().map(|word| word.as_str()),
        ),
    ];
    let only_multi_value = Rule::on(Name::MaxReturn, "3")
        .with(Name::RoutingMethod, "priority")
        .part("Priority", "@method");
    let valid = number(Name::MaxReturn, "3", 1, 10).holds;
    rules.push(only_multi_value.holds(format!(
        "@max_return == '' || @method in ['', 'MultiValue'] || !({valid})"
    )));
    rules.push(tags());
    rules
}

fn tags() -> Rule {
    const FORBIDDEN: &str = r"\x00-\x1f\x7f-\x9f<>%&\\?/ #:,";
    let named = matches(
        "tag.split('=')[0].trim()",
        &format!("[^{FORBIDDEN}0-9][^{FORBIDDEN}]{{0,511}}"),
    );
    let others = [PREDECESSOR, PREDECESSOR_HOST].map(str::to_ascii_lowercase);
    let others = cel::list(others.iter().map(String::as_str));
    let each = format!(
        "tag.contains('=') && {named} && tag.split('=', 2)[1].trim().size() <= {TAG_VALUE_MAX}"
    );
    let holds = format!(
        "(@tag_list.size() >= 1 && @tag_list.size() <= {TAGS_MAX} && @tag_list.all(tag, {each}) \
         && @tag_names.all(name, !name.startsWith({prefix}) && !(name in {others}) && @tag_names.exists_one(other, other == name)) \
         && @tag_names.join(',').size() <= {TAG_VALUE_MAX})",
        prefix = cel::text(TAG_PREFIX),
    );
    let name = Name::Tags;
    Rule::on(name, "1st=yes").unless_absent(&holds).says(format!(
        "{} + strings.quote(@tags) + {}",
        cel::text(&format!("{name}: ")),
        cel::text(&format!(
            " is not valid: must be tags such as cost-centre=42,env=prod, at most {TAGS_MAX}, each name once; a name has no spaces and none of < > % & \\ ? / # :, does not begin with a digit or {TAG_PREFIX}, and is neither {PREDECESSOR} nor {PREDECESSOR_HOST}; a value has at most {TAG_VALUE_MAX} characters"
        ))
    ))
}
