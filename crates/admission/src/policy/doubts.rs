//! What may be wrong: the object works, perhaps not as it is meant. A policy of
//! its own, because nothing of it is ever a reason to refuse an object.

use members::annotation::Name;
use traffic_manager::Region;

use super::cel;
use crate::sources::OURS;

/// One doubt: its name, when there is none, and what is said otherwise.
pub(crate) struct Doubt {
    pub(crate) holds: String,
    pub(crate) message: String,
}

/// What the doubts about objects with this annotation prefix have in common.
pub(crate) fn variables(prefix: &str) -> Vec<(String, String)> {
    let ours = format!("{prefix}{OURS}");
    let key = |name: Name| cel::text(&format!("{prefix}{name}"));
    let names = cel::list(Name::ALL.iter().map(|name| name.as_str()));
    vec![
        (
            "@unknown_names".to_owned(),
            format!(
                "object.metadata.annotations.filter(key, key.startsWith({})).map(key, key.substring({})).filter(name, !(name.lowerAscii() in {names}))",
                cel::text(&ours),
                ours.len(),
            ),
        ),
        (
            "@enabled".to_owned(),
            format!(
                "object.metadata.annotations[?{}].orValue('').trim().lowerAscii()",
                key(Name::Enabled)
            ),
        ),
        (
            "@type".to_owned(),
            format!(
                "object.metadata.annotations[?{}].orValue('').trim().lowerAscii()",
                key(Name::EndpointType)
            ),
        ),
        (
            "@region".to_owned(),
            format!(
                "object.metadata.annotations[?{}].orValue('').trim()",
                key(Name::EndpointLocation)
            ),
        ),
    ]
}

/// The doubts.
pub(crate) fn all(prefix: &str) -> Vec<Doubt> {
    let enabled = cel::text(&format!("{prefix}{}", Name::Enabled));
    let regions: Vec<_> = Region::known().map(|region| region.to_string()).collect();
    let regions = cel::list(regions.iter().map(String::as_str));
    // Other white space is taken as it is.
    let short = r"@region.replace(' ', '').replace('\u00a0', '').lowerAscii()";
    let location = Name::EndpointLocation;
    vec![
        Doubt {
            holds: "@unknown_names.size() == 0".to_owned(),
            message: format!(
                "{} + @unknown_names[0] + ': there is no such annotation'",
                cel::text(OURS)
            ),
        },
        Doubt {
            holds: format!("{enabled} in object.metadata.annotations"),
            message: cel::text(&format!(
                "the annotations have no effect without {}: \"true\"",
                Name::Enabled
            )),
        },
        Doubt {
            holds: format!(
                "!({enabled} in object.metadata.annotations) || @enabled == 'false' || @type == 'azure' || !{} || {short} in {regions}",
                cel::matches(short, "[a-z][a-z0-9]{1,63}")
            ),
            message: format!(
                "{} + strings.quote(@region) + {}",
                cel::text(&format!("{location}: ")),
                cel::text(
                    " may be wrong: this version knows no such Azure region and leaves it to Azure"
                ),
            ),
        },
    ]
}
