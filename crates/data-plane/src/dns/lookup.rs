//! From a name and a type to records.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use hickory_proto::ProtoError;
use hickory_proto::op::ResponseCode;
use hickory_proto::rr::rdata::{A, AAAA, CNAME, NS, SOA};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use rand::rngs::StdRng;

use super::zone::ZoneRecords;
use crate::answer::{Answer, Answerer, Negative, QueryType};
use crate::directory::Directory;
use crate::name::Fqdn;
use crate::profile::Profile;
use crate::routing::{Destination, Served};
use crate::values::Ttl;

/// Seconds that a static record may be cached.
const STATIC_TTL: u32 = 60;
/// Seconds that the zone's own records, and the absence of a name, may be cached. Short, so that a profile that was
/// just created is found also by those who asked too early.
const ZONE_TTL: u32 = 30;
/// How many CNAMEs are followed; as many as common resolvers do.
const MAX_CHASE: usize = 8;
/// The label of the zone's name server.
const NAME_SERVER: &str = "ns1";
/// A label that nobody gives to a name.
const NOBODY: &str = "_no_such_name_";

/// What is known about a question.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) code: ResponseCode,
    /// Whether this server has the say over the name that was asked for.
    pub(super) authoritative: bool,
    pub(super) answers: Vec<Record>,
    pub(super) authorities: Vec<Record>,
    /// Whether the answer holds only for the client that it was given to.
    pub(super) depends_on_client: bool,
}

impl Found {
    pub(super) const fn empty(code: ResponseCode) -> Self {
        Self {
            code,
            authoritative: true,
            answers: Vec::new(),
            authorities: Vec::new(),
            depends_on_client: false,
        }
    }

    fn refused() -> Self {
        Self {
            authoritative: false,
            ..Self::empty(ResponseCode::Refused)
        }
    }
}

/// Everything that answers are made of.
pub(super) struct Lookup {
    suffix: Fqdn,
    apex: Name,
    name_server: Fqdn,
    /// The address that the name server's own name is answered with; `None` while bound to all addresses.
    own_address: Option<IpAddr>,
    records: Arc<ZoneRecords>,
    chase: bool,
    answerer: Answerer,
    pub(super) directory: Arc<dyn Directory>,
    rng: Mutex<StdRng>,
}

/// The parts of a [`Lookup`] that configuration decides.
pub(super) struct LookupParts {
    pub(super) suffix: Fqdn,
    pub(super) listen: IpAddr,
    pub(super) records: Arc<ZoneRecords>,
    pub(super) chase: bool,
    pub(super) answerer: Answerer,
    pub(super) directory: Arc<dyn Directory>,
    pub(super) rng: StdRng,
}

impl Lookup {
    pub(super) fn new(parts: LookupParts) -> Result<Self, ProtoError> {
        let name_server = parts
            .suffix
            .child(NAME_SERVER)
            .unwrap_or_else(|_| parts.suffix.clone());
        Ok(Self {
            apex: wire_name(&parts.suffix)?,
            name_server,
            own_address: (!parts.listen.is_unspecified()).then_some(parts.listen),
            suffix: parts.suffix,
            records: parts.records,
            chase: parts.chase,
            answerer: parts.answerer,
            directory: parts.directory,
            rng: Mutex::new(parts.rng),
        })
    }

    /// Answers one question. An error means that an answer cannot be expressed in DNS.
    pub(super) fn find(
        &self,
        name: &Name,
        record_type: RecordType,
        client: IpAddr,
    ) -> Result<Found, ProtoError> {
        let Some(fqdn) = stored_name(name) else {
            // Names with other bytes than letters, digits, hyphens and underscores exist nowhere.
            return if self.apex.zone_of(name) {
                self.negative(ResponseCode::NXDomain, &self.suffix)
            } else {
                Ok(Found::refused())
            };
        };
        let mut found = self.find_one(name, &fqdn, record_type, client)?;
        if self.chase && matches!(record_type, RecordType::A | RecordType::AAAA) {
            self.follow(&mut found, &fqdn, record_type, client)?;
        }
        Ok(found)
    }

    /// The records of one name. Their owner is `owner`: the name in the spelling of the question.
    fn find_one(
        &self,
        owner: &Name,
        name: &Fqdn,
        record_type: RecordType,
        client: IpAddr,
    ) -> Result<Found, ProtoError> {
        if name == &self.suffix {
            return self.find_apex(owner, record_type);
        }
        let in_zone = name.is_below(&self.suffix);
        if in_zone && let Some(profile) = self.directory.profile(name) {
            return self.find_profile(owner, &profile, record_type, client);
        }
        if let Some(addresses) = self.records.addresses(name) {
            let authority = if in_zone { &self.suffix } else { name };
            return self.find_addresses(owner, addresses, authority, record_type);
        }
        if !in_zone {
            return match self.directory.hosted(name) {
                Some(hosted) => self.find_hosted(owner, name, &hosted, record_type, client),
                None => Ok(Found::refused()),
            };
        }
        if name == &self.name_server {
            return self.find_addresses(
                owner,
                self.own_address.as_slice(),
                &self.suffix,
                record_type,
            );
        }
        let code = if self.directory.has_descendants(name) {
            ResponseCode::NoError
        } else {
            ResponseCode::NXDomain
        };
        self.negative(code, &self.suffix)
    }

    fn find_apex(&self, owner: &Name, record_type: RecordType) -> Result<Found, ProtoError> {
        let mut answers = Vec::new();
        if matches!(record_type, RecordType::SOA | RecordType::ANY) {
            answers.push(self.soa(owner.clone())?);
        }
        if matches!(record_type, RecordType::NS | RecordType::ANY) {
            let data = RData::NS(NS(wire_name(&self.name_server)?));
            answers.push(Record::from_rdata(owner.clone(), ZONE_TTL, data));
        }
        self.positive(answers, &self.suffix)
    }

    fn find_addresses(
        &self,
        owner: &Name,
        addresses: &[IpAddr],
        authority: &Fqdn,
        record_type: RecordType,
    ) -> Result<Found, ProtoError> {
        let any = record_type == RecordType::ANY;
        let answers = addresses
            .iter()
            .filter(|address| match address {
                IpAddr::V4(_) => any || record_type == RecordType::A,
                IpAddr::V6(_) => any || record_type == RecordType::AAAA,
            })
            .map(|address| Record::from_rdata(owner.clone(), STATIC_TTL, (*address).into()))
            .collect();
        self.positive(answers, authority)
    }

    pub(super) fn find_profile(
        &self,
        owner: &Name,
        profile: &Profile,
        record_type: RecordType,
        client: IpAddr,
    ) -> Result<Found, ProtoError> {
        let query_type = match record_type {
            RecordType::A => QueryType::A,
            RecordType::AAAA => QueryType::Aaaa,
            RecordType::CNAME => QueryType::Cname,
            RecordType::ANY => QueryType::Any,
            _ => QueryType::Other,
        };
        let answer = {
            // A panic under this lock cannot leave the generator in a state that matters.
            let mut rng = self.rng.lock().unwrap_or_else(PoisonError::into_inner);
            let directory = self.directory.as_ref();
            self.answerer
                .answer(profile, query_type, client, directory, &mut *rng)
        };
        for endpoint in answer.endpoints() {
            self.directory.served(&profile.fqdn, &endpoint);
        }
        let Answer {
            outcome,
            ttl,
            depends_on_client,
        } = answer;
        let found = match outcome {
            Ok(served) => self.positive(profile_records(owner, ttl, &served)?, &self.suffix)?,
            Err((negative, absence)) => {
                tracing::debug!(profile = %profile.fqdn, client = %client, reason = %absence, "no endpoint");
                let code = match negative {
                    Negative::NoData => ResponseCode::NoError,
                    Negative::NxDomain => ResponseCode::NXDomain,
                };
                self.negative(code, &self.suffix)?
            }
        };
        Ok(Found {
            depends_on_client,
            ..found
        })
    }

    /// Appends what is known about the target of a CNAME, and its target, and so on.
    fn follow(
        &self,
        found: &mut Found,
        asked: &Fqdn,
        record_type: RecordType,
        client: IpAddr,
    ) -> Result<(), ProtoError> {
        let mut seen = vec![asked.clone()];
        while let Some(RData::CNAME(CNAME(target))) =
            found.answers.last().map(|record| record.data.clone())
        {
            let Ok(name) = Fqdn::new(&target.to_ascii()) else {
                return Ok(());
            };
            if seen.contains(&name) || seen.len() > MAX_CHASE {
                return Ok(());
            }
            let next = self.find_one(&target, &name, record_type, client)?;
            if !next.authoritative {
                return Ok(());
            }
            seen.push(name);
            let dead_end = next.answers.is_empty();
            found.code = next.code;
            found.depends_on_client |= next.depends_on_client;
            found.answers.extend(next.answers);
            found.authorities = next.authorities;
            if dead_end {
                return Ok(());
            }
        }
        Ok(())
    }

    /// The records, or no data where there are none.
    fn positive(&self, answers: Vec<Record>, authority: &Fqdn) -> Result<Found, ProtoError> {
        if answers.is_empty() {
            return self.negative(ResponseCode::NoError, authority);
        }
        Ok(Found {
            answers,
            ..Found::empty(ResponseCode::NoError)
        })
    }

    /// No record, with the SOA that says for how long that may be remembered (RFC 2308 §3).
    fn negative(&self, code: ResponseCode, authority: &Fqdn) -> Result<Found, ProtoError> {
        Ok(Found {
            authorities: vec![self.soa(wire_name(authority)?)?],
            ..Found::empty(code)
        })
    }

    fn soa(&self, owner: Name) -> Result<Record, ProtoError> {
        let primary = wire_name(&self.name_server)?;
        let mailbox = self.apex.prepend_label("hostmaster")?;
        let data = SOA::new(primary, mailbox, 1, 900, 300, 604_800, ZONE_TTL);
        Ok(Record::from_rdata(owner, ZONE_TTL, RData::SOA(data)))
    }
}

/// A name of the wire format as it is looked up. A wildcard is what stands for a name that does not exist (RFC 4592
/// §2.2.1), so who asks for the wildcard itself is answered as for such a name.
fn stored_name(name: &Name) -> Option<Fqdn> {
    let text = name.to_ascii();
    match text.strip_prefix("*.") {
        None => Fqdn::new(&text),
        Some(parent) => Fqdn::new(&format!("{NOBODY}.{parent}")),
    }
    .ok()
}

fn profile_records(owner: &Name, ttl: Ttl, served: &[Served]) -> Result<Vec<Record>, ProtoError> {
    served
        .iter()
        .map(|served| {
            let data = match &served.destination {
                Destination::Name(name) => RData::CNAME(CNAME(wire_name(name)?)),
                Destination::V4(address) => RData::A(A(*address)),
                Destination::V6(address) => RData::AAAA(AAAA(*address)),
            };
            Ok(Record::from_rdata(owner.clone(), ttl.seconds(), data))
        })
        .collect()
}

/// A name in the form of the wire format.
pub(super) fn wire_name(name: &Fqdn) -> Result<Name, ProtoError> {
    Name::from_labels(name.labels().map(str::as_bytes))
}
