//! From a record of a source to the member that it wants.

mod endpoint;
mod monitor;
mod profile;
mod target;
mod wish;

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;

use traffic_manager::{
    ApiVersion, GeoMapping, Headers, Hostname, Invalid, MaxReturn, Priority, ProfileId,
    RelativeName, ResourceGroup, RoutingMethod, Subnets, SubscriptionId, Switch, Target, Ttl,
    Weight,
};

use crate::annotation::{Annotations, Name, Reader};
use crate::derive;
use crate::finding::{Finding, Subject};
use crate::member::{DRAINED_WEIGHT, EndpointSpec, Management, Member, MemberKey, Settings};
use crate::owner::OwnerId;
use crate::public_ip::{PublicIps, Where};
use crate::user_tags::UserTags;
use crate::vanity::{Vanity, VanityMode};
use endpoint::{always_serve, kind, location, thresholds};
use monitor::monitor;
use profile::{
    check_method, check_public, check_record_type, derived, profile_name, record_type,
    relative_name, resource_group, subscription, vanity,
};
use target::Place;
use wish::{Flag, View, WeightWish};

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
    /// The subscription of a profile when the object names none.
    pub subscription: SubscriptionId,
    /// The resource groups in it that may be named; empty means all of them.
    pub resource_groups: Vec<ResourceGroup>,
    /// The other subscriptions that may be named, with their resource groups.
    pub other_subscriptions: BTreeMap<SubscriptionId, Vec<ResourceGroup>>,
    /// What follows the relative name of a profile, such as `trafficmanager.net`.
    pub dns_suffix: String,
    /// How carefully members are taken away.
    pub brakes: Brakes,
    /// What can be said to Azure.
    pub api_version: ApiVersion,
    /// Who makes the record of a vanity host when the object does not say.
    pub vanity: VanityMode,
    /// Whether targets may be private addresses. Azure refuses them; an emulator
    /// may have nothing else.
    pub private_targets: bool,
}

/// How carefully members are taken away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Brakes {
    /// Whether the last enabled endpoint of a profile stays and stays enabled,
    /// whatever the objects say: without it users get no answer.
    pub keep_last_member: bool,
    /// How long a member whose object is gone stays, disabled, before it is
    /// deleted; zero deletes it at once. A load balancer that is being replaced
    /// takes its record away for a moment.
    pub delete_grace: Duration,
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

/// What reading one object has brought to light.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The outcome.
    pub want: Want,
    /// Because of these it is not a member.
    pub mistakes: Vec<Finding>,
    /// With these it is what it is all the same.
    pub warnings: Vec<Finding>,
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

// === impl Scope ===

impl Scope {
    /// Every subscription that may be named, the default one first, with its
    /// resource groups; no group means all of them.
    pub fn subscriptions(&self) -> impl Iterator<Item = (&SubscriptionId, &[ResourceGroup])> {
        let others = self
            .other_subscriptions
            .iter()
            .filter(|(subscription, _)| **subscription != self.subscription);
        std::iter::once((&self.subscription, self.resource_groups.as_slice()))
            .chain(others.map(|(subscription, groups)| (subscription, groups.as_slice())))
    }

    /// The resource groups that may be named in a subscription; `None` when it
    /// may not be named itself.
    pub fn groups(&self, subscription: &SubscriptionId) -> Option<&[ResourceGroup]> {
        self.subscriptions()
            .find(|(known, _)| *known == subscription)
            .map(|(_, groups)| groups)
    }

    /// Whether an annotation could name this profile.
    pub fn contains(&self, profile: &ProfileId) -> bool {
        self.groups(&profile.subscription)
            .is_some_and(|groups| groups.is_empty() || groups.contains(&profile.resource_group))
    }
}

// === impl Source ===

impl Source {
    /// Reads what the object wants, when nothing has to be looked up for it: a
    /// canonical record names every resource.
    pub fn want(&self, scope: &Scope) -> (Want, Vec<Finding>) {
        self.want_among(scope, &PublicIps::Unknown)
    }

    /// Reads what the object wants. Findings may come with any outcome; those
    /// that come with a member are warnings.
    pub fn want_among(&self, scope: &Scope, public_ips: &PublicIps) -> (Want, Vec<Finding>) {
        let reading = self.judge(scope, public_ips);
        let findings = reading.mistakes.into_iter().chain(reading.warnings);
        (reading.want, findings.collect())
    }

    /// Reads what the object wants, and tells mistakes from warnings.
    pub fn judge(&self, scope: &Scope, public_ips: &PublicIps) -> Reading {
        let mut reader = Reader::new(&self.subject, &self.annotations);
        let enabled: Option<Flag> = reader.value(Name::Enabled);
        let member = match (self.annotations.get(Name::Enabled), enabled) {
            (None, _) => {
                // A mistyped `enabled` is the mistake that hides all others.
                return Reading {
                    want: Want::Nothing,
                    mistakes: Vec::new(),
                    warnings: reader.finish().1,
                };
            }
            (_, Some(Flag(false))) => {
                return Reading {
                    want: Want::Nothing,
                    mistakes: Vec::new(),
                    warnings: Vec::new(),
                };
            }
            _ => self.read(scope, public_ips, &mut reader),
        };
        let (mistakes, warnings) = reader.finish();
        let want = match member {
            Some(member) if mistakes.is_empty() => Want::Member(Box::new(member)),
            _ => Want::Invalid,
        };
        Reading {
            want,
            mistakes,
            warnings,
        }
    }

    /// Reads everything, so that all mistakes are found at once.
    fn read(
        &self,
        scope: &Scope,
        public_ips: &PublicIps,
        reader: &mut Reader<'_>,
    ) -> Option<Member> {
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
        let subscription = subscription(scope, reader);
        let resource_group = resource_group(scope, subscription.as_ref(), reader);
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
        let management: Option<Management> = reader.value(Name::ProfileManagement);
        let vanity = vanity(scope, reader, vanity_host);
        let vanity_host = vanity.as_ref().map(|vanity| &vanity.host);
        let settings = self.settings(scope, reader, relative_name, vanity.as_ref());
        let named = subscription.clone();
        let profile = subscription.zip(resource_group).zip(profile).map(
            |((subscription, resource_group), name)| ProfileId {
                subscription,
                resource_group,
                name,
            },
        );
        let place = Place {
            host: host.as_ref(),
            vanity_host,
            profile: profile.as_ref(),
            load_balancer: Where {
                named: named.as_ref().unwrap_or(&scope.subscription),
                default: &scope.subscription,
            },
            public_ips,
        };
        let spec = self.endpoint(reader, place);
        let (settings, spec) = (settings?, spec?);
        check_method(reader, &settings, &spec);
        check_record_type(reader, &settings, &spec);
        check_public(scope, reader, &spec);
        Some(Member {
            key: MemberKey {
                profile: profile?,
                endpoint: endpoint?,
            },
            subject: self.subject.clone(),
            host: host?,
            endpoint: spec,
            settings,
            management: management.unwrap_or(Management::Manage),
            given: self.annotations.names().collect(),
        })
    }

    fn settings(
        &self,
        scope: &Scope,
        reader: &mut Reader<'_>,
        relative_name: Option<RelativeName>,
        vanity: Option<&Vanity>,
    ) -> Option<Settings> {
        let method = given_or(reader, Name::RoutingMethod, || {
            Some(RoutingMethod::Weighted)
        });
        let status: Option<Switch> = reader.value(Name::ProfileStatus);
        let ttl: Option<Ttl> = reader.value(Name::DnsTtl);
        let record_ttl = self
            .ttl
            .map(|ttl| u32::try_from(ttl).unwrap_or(u32::MAX).min(Ttl::MAX.get()))
            .filter(|ttl| *ttl > 0);
        let ttl = ttl.or_else(|| Ttl::new(record_ttl.unwrap_or(DEFAULT_TTL)));
        let monitor = monitor(reader, vanity.map(|vanity| &vanity.host));
        let view: Option<View> = reader.value(Name::TrafficView);
        let record_type = record_type(scope, reader);
        let tags: Option<UserTags> = reader.value(Name::Tags);
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
            vanity: vanity.cloned(),
            status: status.unwrap_or(Switch::Enabled),
            method,
            ttl: ttl?,
            monitor: monitor?,
            max_return,
            record_type,
            tags,
            traffic_view: view.map_or(Switch::Disabled, |View(view)| view),
        })
    }

    fn endpoint(&self, reader: &mut Reader<'_>, place: Place<'_>) -> Option<EndpointSpec> {
        let weight: Option<WeightWish> = reader.value(Name::Weight);
        let weight = weight.unwrap_or(WeightWish(Weight::new(DEFAULT_WEIGHT)));
        let status: Option<Switch> = reader.value(Name::EndpointStatus);
        let status = match weight {
            WeightWish(None) => Switch::Disabled,
            WeightWish(Some(_)) => status.unwrap_or(Switch::Enabled),
        };
        let priority: Option<Priority> = reader.value(Name::Priority);
        let geo_mapping: Option<GeoMapping> = reader.value(Name::GeoMapping);
        let subnets: Option<Subnets> = reader.value(Name::Subnets);
        let headers: Option<Headers> = reader.value(Name::EndpointHeaders);
        let kind = kind(reader);
        let thresholds = thresholds(reader, kind);
        let always_serve = always_serve(reader, kind);
        let location = location(reader, kind);
        let destination = self.destination(reader, kind, place);
        Some(EndpointSpec {
            destination: destination?,
            thresholds,
            status,
            always_serve,
            weight: weight.0.or(Weight::new(DRAINED_WEIGHT))?,
            priority,
            location,
            geo_mapping,
            subnets,
            headers,
        })
    }
}

/// The value of an annotation, or the default when it is not given; `None` when
/// it is invalid.
fn given_or<T: FromStr<Err = Invalid>>(
    reader: &mut Reader<'_>,
    name: Name,
    default: impl FnOnce() -> Option<T>,
) -> Option<T> {
    if reader.text(name).is_some() {
        reader.value(name)
    } else {
        default()
    }
}
