//! From a record of a source to the member that it wants.

use traffic_manager::{
    GeoMapping, Hostname, Invalid, MaxReturn, MonitorProtocol, Port, Priority, ProfileId,
    ProfileName, Region, RelativeName, ResourceGroup, RoutingMethod, Subnets, SubscriptionId,
    Switch, Target, Ttl, Weight,
};

use crate::annotation::{Annotations, Name, Reader};
use crate::derive;
use crate::finding::{Finding, Subject};
use crate::member::{
    DRAINED_WEIGHT, EndpointSpec, Member, MemberKey, Monitor, ProbePath, Settings,
};
use crate::owner::OwnerId;

/// TTL of a profile when nobody says otherwise, in seconds.
const DEFAULT_TTL: u32 = 30;
/// Weight of an endpoint when nobody says otherwise.
const DEFAULT_WEIGHT: u16 = 100;
/// Addresses in one `MultiValue` answer when nobody says otherwise.
const DEFAULT_MAX_RETURN: u8 = 2;

/// Where this webhook may work, and as whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The cluster.
    pub owner: OwnerId,
    /// The subscription of every profile.
    pub subscription: SubscriptionId,
    /// The resource groups that may be named; empty means all of them.
    pub resource_groups: Vec<ResourceGroup>,
    /// What follows the relative name of a profile, such as `trafficmanager.net`.
    pub dns_suffix: String,
}

/// What the sources say about one host of one object: its records, of whatever
/// type, taken together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The object.
    pub subject: Subject,
    /// ExternalDNS's set identifier, usually empty.
    pub set_identifier: String,
    /// TTL of the record, when it has one.
    pub ttl: Option<i64>,
    /// Targets of the records: the load balancer's addresses or name.
    pub addresses: Vec<Target>,
    /// The annotations.
    pub annotations: Annotations,
}

/// The outcome of reading one object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Want {
    /// The object does not take part.
    Nothing,
    /// It wants this member.
    Member(Box<Member>),
    /// It takes part, but something is wrong with it.
    Invalid,
}

/// How the annotation `target` reads.
#[derive(Debug, Clone, PartialEq, Eq)]
enum TargetWish {
    Hostname,
    Address,
    Explicit(Target),
}

/// A weight, where zero means "disabled".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct WeightWish(Option<Weight>);

/// `true` or `false`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Flag(bool);

// === impl Source ===

impl Source {
    /// Reads what the object wants. Findings may come with any outcome; those
    /// that come with a member are warnings.
    pub fn want(&self, scope: &Scope) -> (Want, Vec<Finding>) {
        let mut reader = Reader::new(&self.subject, &self.annotations);
        let enabled: Option<Flag> = reader.value(Name::Enabled);
        match (self.annotations.get(Name::Enabled), enabled) {
            (None, _) | (_, Some(Flag(false))) => return (Want::Nothing, Vec::new()),
            _ => {}
        }
        let member = self.read(scope, &mut reader);
        let (mistakes, warnings) = reader.finish();
        match member {
            Some(member) if mistakes.is_empty() => (Want::Member(Box::new(member)), warnings),
            _ => (
                Want::Invalid,
                mistakes.into_iter().chain(warnings).collect(),
            ),
        }
    }

    /// Reads everything, so that all mistakes are found at once.
    fn read(&self, scope: &Scope, reader: &mut Reader<'_>) -> Option<Member> {
        let host: Option<Hostname> = match self.subject.host.parse() {
            Ok(host) => Some(host),
            Err(invalid) => {
                reader.problem(format!(
                    "the host {:?} is not valid: {invalid}",
                    self.subject.host
                ));
                None
            }
        };
        let vanity_host: Option<Hostname> = reader.value(Name::Hostname);
        let resource_group = resource_group(scope, reader);
        let profile = profile_name(reader, vanity_host.as_ref().or(host.as_ref()));
        let relative_name = relative_name(reader, profile.as_ref());
        let endpoint = match reader.text(Name::EndpointName) {
            Some(_) => reader.value(Name::EndpointName),
            None => derived(
                reader,
                host.as_ref()
                    .map(|host| derive::endpoint_name(&scope.owner, &self.set_identifier, host)),
            ),
        };
        let settings = self.settings(reader, relative_name, vanity_host.as_ref());
        let spec = self.endpoint(reader, host.as_ref(), vanity_host.as_ref());
        let (settings, spec) = (settings?, spec?);
        check_method(reader, &settings, &spec);
        Some(Member {
            key: MemberKey {
                profile: ProfileId {
                    subscription: scope.subscription.clone(),
                    resource_group: resource_group?,
                    name: profile?,
                },
                endpoint: endpoint?,
            },
            subject: self.subject.clone(),
            host: host?,
            endpoint: spec,
            settings,
            given: self.annotations.names().collect(),
        })
    }

    fn settings(
        &self,
        reader: &mut Reader<'_>,
        relative_name: Option<RelativeName>,
        vanity_host: Option<&Hostname>,
    ) -> Option<Settings> {
        let method = reader.value(Name::RoutingMethod).or_else(|| {
            reader
                .text(Name::RoutingMethod)
                .is_none()
                .then_some(RoutingMethod::Weighted)
        });
        let status: Option<Switch> = reader.value(Name::ProfileStatus);
        let ttl: Option<Ttl> = reader.value(Name::DnsTtl);
        let record_ttl = self
            .ttl
            .and_then(|ttl| u32::try_from(ttl).ok())
            .filter(|ttl| *ttl > 0);
        let ttl = ttl.or_else(|| Ttl::new(record_ttl.unwrap_or(DEFAULT_TTL)));
        let monitor = monitor(reader);
        let max_return: Option<MaxReturn> = reader.value(Name::MaxReturn);
        let method = method?;
        let max_return = match (method, max_return) {
            (RoutingMethod::MultiValue, given) => given.or(MaxReturn::new(DEFAULT_MAX_RETURN)),
            (_, None) => None,
            (_, Some(_)) => {
                reader.invalid(
                    Name::MaxReturn,
                    &format!("only MultiValue routing returns several addresses, and the method is {method}"),
                );
                None
            }
        };
        Some(Settings {
            relative_name: relative_name?,
            vanity_host: vanity_host.cloned(),
            status: status.unwrap_or(Switch::Enabled),
            method,
            ttl: ttl?,
            monitor: monitor?,
            max_return,
        })
    }

    fn endpoint(
        &self,
        reader: &mut Reader<'_>,
        host: Option<&Hostname>,
        vanity_host: Option<&Hostname>,
    ) -> Option<EndpointSpec> {
        let weight: Option<WeightWish> = reader.value(Name::Weight);
        let weight = weight.unwrap_or(WeightWish(Weight::new(DEFAULT_WEIGHT)));
        let status: Option<Switch> = reader.value(Name::EndpointStatus);
        let status = match weight {
            WeightWish(None) => Switch::Disabled,
            WeightWish(Some(_)) => status.unwrap_or(Switch::Enabled),
        };
        let checked: Option<Flag> = reader.value(Name::HealthChecksEnabled);
        let Flag(checked) = checked.unwrap_or(Flag(true));
        let priority: Option<Priority> = reader.value(Name::Priority);
        let location: Option<Region> = reader.value(Name::EndpointLocation);
        let geo_mapping: Option<GeoMapping> = reader.value(Name::GeoMapping);
        let subnets: Option<Subnets> = reader.value(Name::Subnets);
        let target = self.target(reader, host, vanity_host);
        Some(EndpointSpec {
            target: target?,
            status,
            always_serve: Switch::from_bool(!checked),
            weight: weight.0.or(Weight::new(DRAINED_WEIGHT))?,
            priority,
            location,
            geo_mapping,
            subnets,
        })
    }

    /// Where the endpoint points: the host itself, unless it cannot be that,
    /// because users would be sent back to the name they came from, or because
    /// a wildcard is not a name to go to.
    fn target(
        &self,
        reader: &mut Reader<'_>,
        host: Option<&Hostname>,
        vanity_host: Option<&Hostname>,
    ) -> Option<Target> {
        let given = reader.text(Name::Target).is_some();
        let wish = match reader.value(Name::Target) {
            Some(wish) => wish,
            None if given => return None,
            None => TargetWish::Hostname,
        };
        let host = host?;
        let points_back = |name: &Hostname| Some(name) == vanity_host;
        match wish {
            TargetWish::Explicit(Target::Name(name)) if points_back(&name) => {
                reader.invalid(
                    Name::Target,
                    "this is the vanity host, which points at the profile: users would go round in circles",
                );
                None
            }
            TargetWish::Explicit(target) => Some(target),
            TargetWish::Hostname if given && (host.is_wildcard() || points_back(host)) => {
                reader.invalid(
                    Name::Target,
                    "the host is a wildcard or the vanity host itself; use `address` or name a target",
                );
                None
            }
            TargetWish::Hostname if !host.is_wildcard() && !points_back(host) => {
                Some(Target::Name(host.clone()))
            }
            TargetWish::Hostname | TargetWish::Address => self.address(reader, vanity_host),
        }
    }

    /// The load balancer's address: IPv4 before IPv6 before a name. More than
    /// one of a kind is ambiguous, because an endpoint has one target.
    fn address(&self, reader: &mut Reader<'_>, vanity_host: Option<&Hostname>) -> Option<Target> {
        let mut addresses = self.addresses.clone();
        addresses.sort_unstable();
        addresses.dedup();
        let Some(first) = addresses.first().cloned() else {
            reader.problem(format!(
                "the record has no address or name to point at; name one with {}",
                Name::Target
            ));
            return None;
        };
        let same: Vec<_> = addresses
            .iter()
            .filter(|address| address.family() == first.family())
            .map(ToString::to_string)
            .collect();
        if same.len() > 1 {
            reader.problem(format!(
                "the object has several {}: {}; an endpoint has one target: name it with {}",
                first.family(),
                same.join(", "),
                Name::Target,
            ));
            return None;
        }
        if matches!(&first, Target::Name(name) if Some(name) == vanity_host) {
            reader.problem(format!(
                "the record's target is the vanity host {first}, which points at the profile: users would go round in circles; name another with {}",
                Name::Target
            ));
            return None;
        }
        Some(first)
    }
}

fn resource_group(scope: &Scope, reader: &mut Reader<'_>) -> Option<ResourceGroup> {
    let listed = || {
        let groups: Vec<_> = scope
            .resource_groups
            .iter()
            .map(ToString::to_string)
            .collect();
        groups.join(", ")
    };
    if reader.text(Name::ResourceGroup).is_none() {
        if let [only] = scope.resource_groups.as_slice() {
            return Some(only.clone());
        }
        reader.problem(format!(
            "{} is required: the resource group of the profile",
            Name::ResourceGroup
        ));
        return None;
    }
    let group: ResourceGroup = reader.value(Name::ResourceGroup)?;
    if scope.resource_groups.is_empty() || scope.resource_groups.contains(&group) {
        Some(group)
    } else {
        reader.invalid(
            Name::ResourceGroup,
            &format!(
                "this webhook is limited to the resource groups {}",
                listed()
            ),
        );
        None
    }
}

fn profile_name(reader: &mut Reader<'_>, host: Option<&Hostname>) -> Option<ProfileName> {
    match reader.text(Name::ProfileName) {
        Some(_) => reader.value(Name::ProfileName),
        None => derived(reader, host.map(derive::profile_name)),
    }
}

fn relative_name(reader: &mut Reader<'_>, profile: Option<&ProfileName>) -> Option<RelativeName> {
    if reader.text(Name::DnsName).is_some() {
        return reader.value(Name::DnsName);
    }
    let derived: Option<RelativeName> = profile?.into();
    if derived.is_none() {
        reader.problem(format!(
            "the profile name {} is not a DNS name; give one with {}",
            profile?,
            Name::DnsName
        ));
    }
    derived
}

fn derived<T>(reader: &mut Reader<'_>, name: Option<Result<T, Invalid>>) -> Option<T> {
    match name? {
        Ok(name) => Some(name),
        Err(invalid) => {
            reader.problem(format!("no name can be derived from the host: {invalid}"));
            None
        }
    }
}

fn monitor(reader: &mut Reader<'_>) -> Option<Monitor> {
    let protocol: Option<MonitorProtocol> = reader.value(Name::MonitorProtocol);
    let port: Option<Port> = reader.value(Name::MonitorPort);
    let path: Option<ProbePath> = reader.value(Name::MonitorPath);
    let protocol = match protocol {
        Some(protocol) => protocol,
        None if reader.text(Name::MonitorProtocol).is_none() => MonitorProtocol::Https,
        None => return None,
    };
    let port = match port {
        Some(port) => Some(port),
        None if reader.text(Name::MonitorPort).is_some() => None,
        None => {
            let port = protocol.default_port().and_then(Port::new);
            if port.is_none() {
                reader.problem(format!("{} is required with TCP", Name::MonitorPort));
            }
            port
        }
    };
    let path = match (protocol, path) {
        (MonitorProtocol::Tcp, None) => None,
        (MonitorProtocol::Tcp, Some(_)) => {
            reader.invalid(Name::MonitorPath, "a TCP probe has no path; remove it");
            None
        }
        (_, None) if reader.text(Name::MonitorPath).is_none() => Some(ProbePath::root()),
        (_, path) => path,
    };
    Some(Monitor {
        protocol,
        port: port?,
        path,
    })
}

/// What a routing method needs of each of its endpoints.
fn check_method(reader: &mut Reader<'_>, settings: &Settings, endpoint: &EndpointSpec) {
    let missing = |name: Name, example: &str| {
        format!(
            "{name} is required with {} routing, for example {example:?}",
            settings.method
        )
    };
    match settings.method {
        RoutingMethod::Performance if reader.text(Name::EndpointLocation).is_none() => {
            reader.problem(missing(Name::EndpointLocation, "westeurope"));
        }
        RoutingMethod::Geographic if reader.text(Name::GeoMapping).is_none() => {
            reader.problem(missing(Name::GeoMapping, "GEO-EU,US"));
        }
        RoutingMethod::MultiValue if matches!(endpoint.target, Target::Name(_)) => {
            reader.problem(format!(
                "MultiValue routing answers with addresses, and the target is the name {}; set {} to `address` or to an IP address",
                endpoint.target,
                Name::Target
            ));
        }
        _ => {}
    }
}

// === impl TargetWish, WeightWish, Flag ===

impl std::str::FromStr for TargetWish {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        match text.to_ascii_lowercase().as_str() {
            "hostname" => Ok(Self::Hostname),
            "address" => Ok(Self::Address),
            _ => text.parse().map(Self::Explicit).map_err(|_| {
                Invalid::new(
                    "must be `hostname`, `address`, a DNS name such as app.example.com, or an IP address",
                )
            }),
        }
    }
}

impl std::str::FromStr for WeightWish {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        if text == "0" {
            return Ok(Self(None));
        }
        let weight = text.parse().map_err(|_| {
            Invalid::new(
                "must be a whole number from 1 to 1000, or 0 to keep the endpoint but disable it",
            )
        })?;
        Ok(Self(Some(weight)))
    }
}

impl std::str::FromStr for Flag {
    type Err = Invalid;

    fn from_str(text: &str) -> Result<Self, Invalid> {
        match text.to_ascii_lowercase().as_str() {
            "true" => Ok(Self(true)),
            "false" => Ok(Self(false)),
            _ => Err(Invalid::new("must be `true` or `false`")),
        }
    }
}
