//! What belongs to the endpoint, beside where it points.

use members::annotation::Name;
use traffic_manager::geography::{folded, regions};
use traffic_manager::{
    EndpointKind, GeoCode, MinChildren, MinChildrenOfFamily, Priority, Switch, Weight,
};

use super::{number, word};
use crate::policy::cel::{self, WS, matches};
use crate::policy::rule::Rule;

/// The most codes that are looked at: there are fewer.
const CODES_MAX: usize = 400;
/// The most ranges that are compared with each other.
const RANGES_MAX: usize = 32;
/// What names of regions have besides letters, and the letters with accents.
const PUNCTUATION: &str = " -.'’()&_/";
const ACCENTS: &[(&str, &str)] = &[
    ("å", "a"),
    ("Å", "a"),
    ("ã", "a"),
    ("Ã", "a"),
    ("ç", "c"),
    ("Ç", "c"),
    ("é", "e"),
    ("É", "e"),
    ("í", "i"),
    ("Í", "i"),
    ("ô", "o"),
    ("Ô", "o"),
];
/// A resource to point at, for samples.
const RESOURCE: &str = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/my-rg/providers/Microsoft.Network/publicIPAddresses/my-ip";

pub(super) fn variables() -> Vec<(&'static str, String)> {
    let none = PUNCTUATION.chars().map(|c| (c.to_string(), ""));
    let plain = ACCENTS
        .iter()
        .map(|(accent, plain)| ((*accent).to_owned(), *plain));
    let replacements = none.chain(plain);
    let replacements: Vec<_> = replacements
        .map(|(from, to)| format!(".replace({}, {})", cel::text(&from), cel::text(to)))
        .collect();
    let fold = format!("code{}", replacements.concat());
    // A name that two regions have is no name of one.
    let names = regions().filter(|(_, name)| name.parse::<GeoCode>().is_ok());
    let names: Vec<_> = names.map(|(_, name)| folded(name)).collect();
    vec![
        (
            "@geo_list",
            "@geo_mapping.split(',').map(code, code.trim())".to_owned(),
        ),
        ("@geo_codes", cel::list(regions().map(|(code, _)| code))),
        ("@geo_names", cel::list(names.iter().map(String::as_str))),
        (
            "@unknown_codes",
            format!(
                "@geo_mapping == '' || @geo_list.size() > {CODES_MAX} ? [] : @geo_list.filter(code, !(code.upperAscii() in @geo_codes) && {fold}.lowerAscii().matches('^[a-z0-9]*$') && !({fold}.lowerAscii() in @geo_names))"
            ),
        ),
        (
            "@range_list",
            "@subnets.split(',').map(range, range.trim())".to_owned(),
        ),
        (
            "@ranges_are_valid",
            format!(
                "@subnets == '' || @range_list.all(range, range.contains('/') ? (isCIDR(range) || {unusual}) : range.contains('-') ? ({first} && {last} && {order}) : {single})",
                unusual = matches("range", "(?i)([0:]*ffff:[0-9a-f.:]+/[0-9]+|.*/0[0-9]+)"),
                first = cel::is_ip("range.split('-', 2)[0].trim()"),
                last = cel::is_ip("range.split('-', 2)[1].trim()"),
                order = "range.split('-', 2)[0].contains(':') == range.split('-', 2)[1].contains(':')",
                single = cel::is_ip("range"),
            ),
        ),
        (
            "@shifted_ranges",
            "@ranges_are_valid ? @range_list.filter(range, isCIDR(range) && cidr(range).masked().ip() != cidr(range).ip()) : []".to_owned(),
        ),
        // Ranges that are blocks, in one spelling.
        (
            "@blocks",
            format!(
                "@ranges_are_valid && @shifted_ranges.size() == 0 && @range_list.size() <= {RANGES_MAX} ? @range_list.filter(range, isCIDR(range) || isIP(range)).map(range, isCIDR(range) ? string(cidr(range)) : string(ip(range)) + (ip(range).family() == 4 ? '/32' : '/128')) : []"
            ),
        ),
    ]
}

pub(super) fn rules() -> Vec<Rule> {
    let switch = || Switch::ALL.iter().map(|word| word.as_str());
    let mut rules = vec![
        Rule::on(Name::EndpointName, "east/us").unless_absent(&format!(
            "({} && !(@endpoint_name in ['.', '..']))",
            matches("@endpoint_name", r"[^\x00-\x1f\x7f-\x9f<>*%$:\\?+/]{1,260}")
        )),
        word(Name::EndpointStatus, "on", switch()),
        word(
            Name::EndpointType,
            "Cloud",
            EndpointKind::ALL.iter().map(|kind| kind.word()),
        ),
        number(Name::Weight, "70%", 0, Weight::MAX.get().into()),
        number(
            Name::Priority,
            "0",
            Priority::MIN.get().into(),
            Priority::MAX.get().into(),
        ),
        word(Name::AlwaysServe, "on", switch()),
        word(Name::HealthChecksEnabled, "on", ["true", "false"]),
        Rule::on(Name::AlwaysServe, "Enabled")
            .with(Name::HealthChecksEnabled, "true")
            .holds("!((@always_serve.lowerAscii() == 'enabled' && @health_checks_enabled.lowerAscii() == 'true') || (@always_serve.lowerAscii() == 'disabled' && @health_checks_enabled.lowerAscii() == 'false'))"),
        nested(Rule::on(Name::AlwaysServe, "Enabled"))
            .holds("@kind != 'Nested' || @always_serve.lowerAscii() != 'enabled'"),
        nested(Rule::on(Name::HealthChecksEnabled, "false"))
            .holds("@kind != 'Nested' || @health_checks_enabled.lowerAscii() != 'false' || @always_serve.lowerAscii() in ['enabled', 'disabled']"),
    ];
    rules.extend(location());
    rules.extend(of_other_types());
    rules.extend(thresholds());
    rules.extend(geography());
    rules.extend(subnets());
    rules
}

fn nested(rule: Rule) -> Rule {
    rule.with(Name::EndpointType, "Nested")
        .with(Name::TargetProfile, "my-app-europe")
}

fn location() -> [Rule; 3] {
    let format = matches(
        "@endpoint_location",
        &format!("{WS}[A-Za-z]({WS}[A-Za-z0-9]){{1,63}}{WS}"),
    );
    [
        Rule::on(Name::EndpointLocation, "?").unless_absent(&format),
        Rule::on(Name::EndpointLocation, "westeurope")
            .with(Name::EndpointType, "Azure")
            .with(Name::TargetResourceId, RESOURCE)
            .unless_absent(&format!("@kind != 'Azure' || !{format}")),
        Rule::among(&[(Name::RoutingMethod, "Performance")])
            .holds("@method != 'Performance' || @kind == 'Azure' || @endpoint_location != ''")
            .late(),
    ]
}

/// Annotations that belong to endpoints of another type.
fn of_other_types() -> Vec<Rule> {
    let azure = EndpointKind::Azure;
    let nested = EndpointKind::Nested;
    [
        (
            Name::Target,
            "my-app.example.net",
            EndpointKind::External,
            azure,
        ),
        (Name::TargetResourceId, RESOURCE, azure, nested),
        (Name::TargetProfile, "my-app-europe", nested, azure),
        (Name::MinChildEndpoints, "2", nested, azure),
        (Name::MinChildEndpointsIpv4, "2", nested, azure),
        (Name::MinChildEndpointsIpv6, "2", nested, azure),
    ]
    .into_iter()
    .map(|(name, value, its_kind, other)| {
        let destination = match other {
            EndpointKind::Nested => (Name::TargetProfile, "my-app-europe"),
            _ => (Name::TargetResourceId, RESOURCE),
        };
        Rule::on(name, value)
            .with(Name::EndpointType, other.word())
            .with(destination.0, destination.1)
            .part(
                &format!("this one is {}", other.word()),
                "'this one is ' + @kind",
            )
            .unless_absent(&format!("@kind in ['', '{}']", its_kind.word()))
    })
    .collect()
}

fn thresholds() -> [Rule; 3] {
    let family = (
        MinChildrenOfFamily::MIN.get().into(),
        MinChildrenOfFamily::MAX.get().into(),
    );
    [
        (
            Name::MinChildEndpoints,
            MinChildren::MIN.get().into(),
            MinChildren::MAX.get().into(),
        ),
        (Name::MinChildEndpointsIpv4, family.0, family.1),
        (Name::MinChildEndpointsIpv6, family.0, family.1),
    ]
    .map(|(name, min, max)| {
        let rule = nested(number(name, "201", min, max));
        let holds = format!("@kind != 'Nested' || {}", rule.holds);
        rule.holds(holds)
    })
}

fn geography() -> [Rule; 2] {
    let name = Name::GeoMapping;
    [
        Rule::on(name, "Germny")
            .unless_absent("@unknown_codes.size() == 0")
            .says(format!(
                "{} + strings.quote(@geo_mapping) + {} + strings.quote(@unknown_codes[0]) + {}",
                cel::text(&format!("{name}: ")),
                cel::text(" is not valid: must be geographic codes such as WORLD, GEO-EU, DE or US-CA, or names such as Germany, separated by commas; "),
                cel::text(" is none of them, or not of one region alone"),
            )),
        Rule::among(&[(Name::RoutingMethod, "Geographic")])
            .holds("@method != 'Geographic' || @geo_mapping != ''")
            .late(),
    ]
}

/// The parser stops at the first range that is not valid.
fn subnets() -> [Rule; 3] {
    let name = Name::Subnets;
    [
        Rule::on(name, "everybody").holds("@ranges_are_valid").loose(),
        Rule::on(name, "203.0.113.7/24")
            .part("203.0.113.0/24", "string(cidr(@shifted_ranges[0]).masked())")
            .holds("@shifted_ranges.size() == 0")
            .loose(),
        Rule::on(name, "203.0.113.0/24,203.0.113.128/25")
            .holds("@blocks.all(one, @blocks.all(other, one == other || !cidr(one).containsCIDR(other)))")
            .says(format!(
                "{} + strings.quote(@subnets) + {}",
                cel::text(&format!("{name}: ")),
                cel::text(" is not valid: must not hold overlapping ranges"),
            )),
    ]
}
