//! How the profile's endpoints are probed.

use members::annotation::Name;
use traffic_manager::headers::HEADERS_MAX;
use traffic_manager::monitor::STATUS_RANGES_MAX;
use traffic_manager::{MonitorProtocol, Port, ProbeTimeout, ToleratedFailures};

use super::{number, word};
use crate::policy::cel::{self, WS, matches};
use crate::policy::rule::Rule;

/// The most ranges that are compared with each other.
const COMPARED_MAX: usize = 100;

pub(super) fn variables() -> Vec<(&'static str, String)> {
    vec![
        ("@monitor_header_list", header_list("@monitor_headers")),
        ("@endpoint_header_list", header_list("@endpoint_headers")),
        (
            "@monitor_headers_are_valid",
            format!("@monitor_headers == '' || {}", headers("@monitor_header_list")),
        ),
        (
            "@host_headers",
            "@monitor_header_list.filter(header, header.split(':')[0].trim().lowerAscii() == 'host').map(header, header.substring(header.indexOf(':') + 1).trim())".to_owned(),
        ),
        // The Host header among the others, when all of them are valid.
        (
            "@host_header",
            "@monitor_headers_are_valid && @host_headers.size() == 1 ? @host_headers[0] : ''".to_owned(),
        ),
        (
            "@monitor_host_is_valid",
            format!(
                "@monitor_host == '' || @monitor_host.lowerAscii() == 'none' || {}",
                cel::is_probe_host("@monitor_host")
            ),
        ),
        // Whom the probe asks for, when no header says so.
        (
            "@asked_host",
            format!(
                "@monitor_host == '' ? (@vanity_host != '' && {} ? @vanity_host : '') : (@monitor_host.lowerAscii() == 'none' || !{} ? '' : {})",
                cel::is_target_name("@vanity_host"),
                cel::is_ascii("@monitor_host"),
                cel::canonical("@monitor_host"),
            ),
        ),
        (
            "@code_list",
            "@monitor_expected_status_codes.split(',').map(code, code.trim())".to_owned(),
        ),
    ]
}

pub(super) fn rules() -> Vec<Rule> {
    let protocols = MonitorProtocol::ALL.iter().map(|word| word.as_str());
    let mut rules = vec![
        word(Name::MonitorProtocol, "UDP", protocols),
        number(
            Name::MonitorPort,
            "65536",
            Port::MIN.get().into(),
            Port::MAX.get().into(),
        ),
        Rule::among(&[(Name::MonitorProtocol, "TCP")])
            .holds("@protocol != 'TCP' || @monitor_port != ''"),
        Rule::on(Name::MonitorPath, "health").unless_absent(&format!(
            "({} && @monitor_path.size() <= 2000)",
            matches("@monitor_path", "/[!-~]*")
        )),
        Rule::on(Name::MonitorInterval, "20")
            .unless_absent(&matches("@monitor_interval", r"\+?0*(10|30)")),
        number(
            Name::MonitorTimeout,
            "4",
            ProbeTimeout::MIN.get().into(),
            ProbeTimeout::MAX.get().into(),
        ),
        Rule::on(Name::MonitorTimeout, "10")
            .with(Name::MonitorInterval, "10")
            .holds(format!(
                "@monitor_timeout != '10' || !{}",
                matches("@monitor_interval", r"\+?0*10")
            )),
        number(
            Name::MonitorToleratedFailures,
            "10",
            ToleratedFailures::MIN.get().into(),
            ToleratedFailures::MAX.get().into(),
        ),
    ];
    rules.extend(codes());
    rules.extend(all_headers());
    let port = (Name::MonitorPort, "5432");
    for (name, value) in [
        (Name::MonitorPath, "/health"),
        (Name::MonitorHeaders, "X-Probe: yes"),
        (Name::MonitorHost, "app.example.com"),
        (Name::MonitorExpectedStatusCodes, "200"),
    ] {
        let variable = cel::variable(name);
        let none = match name {
            Name::MonitorHost => "@monitor_host.lowerAscii() == 'none' || ",
            _ => "",
        };
        let rule = Rule::on(name, value)
            .with(Name::MonitorProtocol, "TCP")
            .with(port.0, port.1)
            .holds(format!("@protocol != 'TCP' || {none}{variable} == ''"));
        // Values of headers are not shown.
        rules.push(match name {
            Name::MonitorHeaders => rule.says(cel::text(&format!(
                "{name} is not valid: a TCP probe has no headers; remove it"
            ))),
            _ => rule,
        });
    }
    rules
}

fn codes() -> [Rule; 2] {
    const CODE: &str = r"\+?0*[1-9][0-9]{2}";
    let name = Name::MonitorExpectedStatusCodes;
    let each = format!(
        "@code_list.all(code, {} && (!code.contains('-') || int(code.split('-')[0].trim()) <= int(code.split('-')[1].trim())))",
        matches("code", &format!("{CODE}({WS}-{WS}{CODE})?"))
    );
    let nine: Vec<_> = (200..=200 + STATUS_RANGES_MAX)
        .map(|code| code.to_string())
        .collect();
    let nine = nine.join(",");
    let count = format!("not {}", STATUS_RANGES_MAX + 1);
    [
        Rule::on(name, "2xx").unless_absent(&format!("({each})")),
        Rule::on(name, &nine)
            .part(&count, "'not ' + string(@code_list.size())")
            .unless_absent(&format!(
                "@code_list.size() <= {STATUS_RANGES_MAX} || @code_list.size() > {COMPARED_MAX} || !({each}) || !@code_list.all(code, @code_list.exists_one(other, other == code))"
            )),
    ]
}

/// The headers of a text, with what is escaped replaced by what is in no name.
fn header_list(variable: &str) -> String {
    format!(
        r"{variable}.replace('\\\\', '(').replace('\\;', '(').replace('\n', ';').split(';').map(header, header.trim()).filter(header, header != '')"
    )
}

/// Whether these headers are ones that Azure takes.
fn headers(list: &str) -> String {
    let each = matches(
        "header",
        &format!(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+{WS}:{WS}[!-~]([\t -~]*[!-~])?"),
    );
    let wildcard = matches("header", &format!(r"(?i)host{WS}:.*\*.*"));
    let name = |header: &str| format!("{header}.split(':')[0].trim().lowerAscii()");
    format!(
        "({list}.size() >= 1 && {list}.size() <= {HEADERS_MAX} && {list}.all(header, {each} && !{wildcard} && {list}.exists_one(other, {} == {})))",
        name("other"),
        name("header"),
    )
}

/// Messages about headers show no values: they may be secrets.
fn all_headers() -> Vec<Rule> {
    let format_of = |name: Name| {
        cel::text(&format!(
            "{name} is not valid: must be 1 to {HEADERS_MAX} headers such as `Host: app.example.com`, each name once, one a line or separated by semicolons, of printable ASCII characters, and without a wildcard as Host"
        ))
    };
    let of_host = |text: &str| cel::text(&format!("{} is not valid: {text}", Name::MonitorHeaders));
    let valid = "@monitor_headers_are_valid && @monitor_host_is_valid";
    vec![
        Rule::on(Name::MonitorHeaders, "X-Probe")
            .holds("@monitor_headers_are_valid")
            .says(format_of(Name::MonitorHeaders)),
        Rule::on(Name::EndpointHeaders, "X-Probe")
            .unless_absent(&headers("@endpoint_header_list"))
            .says(format_of(Name::EndpointHeaders)),
        Rule::on(Name::EndpointHeaders, "X-Probe: yes")
            .with(Name::MonitorProtocol, "TCP")
            .with(Name::MonitorPort, "5432")
            .unless_absent("@protocol != 'TCP'")
            .says(cel::text(&format!(
                "{} is not valid: a TCP probe has no headers; remove it",
                Name::EndpointHeaders
            )))
            .late(),
        Rule::on(Name::MonitorHost, "https://app.example.com").holds("@monitor_host_is_valid"),
        Rule::on(Name::MonitorHeaders, "Host: app")
            .holds(format!(
                "!({valid}) || @host_header == '' || {}",
                cel::is_probe_host("@host_header")
            ))
            .says(of_host(
                "the Host header must be a DNS name such as app.example.com, with a port if need be",
            )),
        Rule::on(Name::MonitorHeaders, "Host: a.example.com")
            .with(Name::MonitorHost, "b.example.com")
            .holds(format!(
                "!({valid}) || @host_header == '' || @monitor_host == '' || !{} || {} == {}",
                cel::is_probe_host("@host_header"),
                cel::canonical_host("@host_header"),
                cel::canonical_host("@monitor_host"),
            ))
            .says(of_host(&format!(
                "it has a Host header, and {} is another; give one of them",
                Name::MonitorHost
            ))),
        Rule::on(
            Name::MonitorHeaders,
            "A: 1; B: 1; C: 1; D: 1; E: 1; F: 1; G: 1; H: 1",
        )
        .with(Name::MonitorHost, "app.example.com")
        .holds(format!(
            "!({valid}) || !(@protocol in ['HTTP', 'HTTPS']) || @monitor_headers == '' || @monitor_header_list.size() < {HEADERS_MAX} || @host_header != '' || @asked_host == ''"
        ))
        .says(of_host(&format!(
            "must be at most {HEADERS_MAX} headers with the Host header of the probe; take one away, or send none with {} `none`",
            Name::MonitorHost
        ))),
    ]
}
