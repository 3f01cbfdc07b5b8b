//! Names of hosted zones: the zones of users, whose names lead to profiles.
//!
//! A set that is an alias answers with what its profile would answer at that moment, under its own name.

use std::net::IpAddr;

use hickory_proto::ProtoError;
use hickory_proto::op::ResponseCode;
use hickory_proto::rr::rdata::{A, AAAA, CNAME, NS, SOA, TXT};
use hickory_proto::rr::{Name, RData, Record, RecordType};

use super::lookup::{Found, Lookup, wire_name};
use crate::directory::{Hosted, HostedData, HostedSet, ZoneAuthority};
use crate::name::Fqdn;

impl Lookup {
    /// The records of a name in a hosted zone.
    pub(super) fn find_hosted(
        &self,
        owner: &Name,
        name: &Fqdn,
        hosted: &Hosted,
        record_type: RecordType,
        client: IpAddr,
    ) -> Result<Found, ProtoError> {
        let authority = &hosted.authority;
        let Some(sets) = &hosted.sets else {
            return absent(ResponseCode::NXDomain, authority);
        };
        let mut found = Found::empty(ResponseCode::NoError);
        let is_apex = *name == authority.zone;
        if is_apex && matches!(record_type, RecordType::SOA | RecordType::ANY) {
            found.answers.push(start(owner.clone(), authority)?);
        }
        for set in sets {
            match (&set.data, record_type) {
                (HostedData::AliasA(profile), RecordType::A | RecordType::ANY) => {
                    self.add_alias(&mut found, owner, profile, RecordType::A, client)?;
                }
                (HostedData::AliasAaaa(profile), RecordType::AAAA | RecordType::ANY) => {
                    self.add_alias(&mut found, owner, profile, RecordType::AAAA, client)?;
                }
                _ => found.answers.extend(records(owner, set, record_type)?),
            }
        }
        if found.answers.is_empty() {
            let empty = absent(ResponseCode::NoError, authority)?;
            return Ok(Found {
                depends_on_client: found.depends_on_client,
                ..empty
            });
        }
        Ok(found)
    }

    /// Adds what a profile answers. Names are left out: they cannot stand where an address is asked for.
    fn add_alias(
        &self,
        found: &mut Found,
        owner: &Name,
        profile: &Fqdn,
        record_type: RecordType,
        client: IpAddr,
    ) -> Result<(), ProtoError> {
        let Some(profile) = self.directory.profile(profile) else {
            return Ok(());
        };
        let answer = self.find_profile(owner, &profile, record_type, client)?;
        found.depends_on_client |= answer.depends_on_client;
        let addresses = answer.answers.into_iter();
        found
            .answers
            .extend(addresses.filter(|record| record.record_type() == record_type));
        Ok(())
    }
}

/// The records of a set that answer a query of this type.
fn records(
    owner: &Name,
    set: &HostedSet,
    record_type: RecordType,
) -> Result<Vec<Record>, ProtoError> {
    let asked = |of: RecordType| record_type == of || record_type == RecordType::ANY;
    let data: Vec<RData> = match &set.data {
        HostedData::A(addresses) if asked(RecordType::A) => {
            addresses.iter().map(|one| RData::A(A(*one))).collect()
        }
        HostedData::Aaaa(addresses) if asked(RecordType::AAAA) => addresses
            .iter()
            .map(|one| RData::AAAA(AAAA(*one)))
            .collect(),
        // A CNAME answers every question about its name (RFC 1034 §3.6.2).
        HostedData::Cname(target) => vec![RData::CNAME(CNAME(wire_name(target)?))],
        HostedData::Txt(texts) if asked(RecordType::TXT) => texts
            .iter()
            .map(|pieces| RData::TXT(TXT::new(pieces.clone())))
            .collect(),
        HostedData::Ns(servers) if asked(RecordType::NS) => servers
            .iter()
            .map(|server| Ok(RData::NS(NS(wire_name(server)?))))
            .collect::<Result<_, ProtoError>>()?,
        _ => Vec::new(),
    };
    let record = |data| Record::from_rdata(owner.clone(), set.ttl.seconds(), data);
    Ok(data.into_iter().map(record).collect())
}

/// No record, with the SOA of the zone that says so (RFC 2308 §3).
fn absent(code: ResponseCode, authority: &ZoneAuthority) -> Result<Found, ProtoError> {
    Ok(Found {
        authorities: vec![start(wire_name(&authority.zone)?, authority)?],
        ..Found::empty(code)
    })
}

fn start(owner: Name, authority: &ZoneAuthority) -> Result<Record, ProtoError> {
    let primary = wire_name(&authority.primary)?;
    let mailbox = wire_name(&authority.mailbox)?;
    let ttl = authority.negative_ttl;
    let data = SOA::new(primary, mailbox, 1, 3600, 300, 2_419_200, ttl);
    Ok(Record::from_rdata(owner, ttl, RData::SOA(data)))
}
