//! From a received message to the message that answers it.

use std::net::IpAddr;
use std::sync::Arc;

use hickory_proto::ProtoError;
use hickory_proto::op::{Edns, Message, MessageType, Metadata, OpCode, Query, ResponseCode};
use hickory_proto::rr::{DNSClass, RecordType};

use super::client_subnet::AskedSubnet;
use super::counters::DnsCounters;
use super::lookup::{Found, Lookup};

/// The length of a DNS header (RFC 1035 §4.1.1).
const HEADER: usize = 12;
/// The largest UDP message that is sent, and received: it fits every common path without fragmentation.
pub(super) const MAX_UDP: u16 = 1232;
/// The largest UDP message for clients that do not speak EDNS (RFC 1035 §4.2.1).
const MAX_PLAIN_UDP: u16 = 512;

/// How a message arrived, which decides how large the answer may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transport {
    Udp,
    Tcp,
}

/// Answers messages. Total: whatever the bytes are, it returns.
pub(super) struct Responder {
    lookup: Lookup,
    counters: Arc<DnsCounters>,
}

impl Responder {
    pub(super) const fn new(lookup: Lookup, counters: Arc<DnsCounters>) -> Self {
        Self { lookup, counters }
    }

    /// The answer to a message, or `None` if it deserves none: it has no complete header, or is an answer itself, and
    /// to answer answers would let two servers talk to each other for ever.
    pub(super) fn respond(
        &self,
        message: &[u8],
        peer: IpAddr,
        transport: Transport,
    ) -> Option<Vec<u8>> {
        let Some([id_high, id_low, flags, ..]) = message.first_chunk::<HEADER>() else {
            DnsCounters::add(&self.counters.dropped);
            return None;
        };
        if flags & 0x80 != 0 {
            DnsCounters::add(&self.counters.dropped);
            return None;
        }
        let id = u16::from_be_bytes([*id_high, *id_low]);
        let op_code = OpCode::from_u8((flags >> 3) & 0x0f);
        let (response, limit) = match Message::from_vec(message) {
            Ok(request) => {
                let limit = match transport {
                    Transport::Udp => request
                        .edns
                        .as_ref()
                        .map_or(MAX_PLAIN_UDP, Edns::max_payload)
                        .clamp(MAX_PLAIN_UDP, MAX_UDP),
                    Transport::Tcp => u16::MAX,
                };
                (self.answer(&request, peer), limit)
            }
            Err(error) => {
                tracing::debug!(%peer, %error, "malformed DNS query");
                let response = Message::error_msg(id, op_code, ResponseCode::FormErr);
                (response, MAX_PLAIN_UDP)
            }
        };
        self.finish(&response, limit)
    }

    fn answer(&self, request: &Message, peer: IpAddr) -> Message {
        let mut response = Message::new(request.metadata.id, MessageType::Response, OpCode::Query);
        response.metadata = Metadata::response_from_request(&request.metadata);
        response.add_queries(request.queries.iter().cloned());
        let subnet = match &request.edns {
            None => None,
            Some(asked) => {
                let mut edns = Edns::new();
                edns.set_max_payload(MAX_UDP);
                edns.set_dnssec_ok(asked.flags().dnssec_ok);
                response.set_edns(edns);
                if asked.version() > 0 {
                    return with_code(response, ResponseCode::BADVERS);
                }
                match AskedSubnet::of_query(asked) {
                    Ok(subnet) => subnet,
                    Err(_) => return with_code(response, ResponseCode::FormErr),
                }
            }
        };
        if request.metadata.op_code != OpCode::Query {
            return with_code(response, ResponseCode::NotImp);
        }
        let [query] = request.queries.as_slice() else {
            return with_code(response, ResponseCode::FormErr);
        };
        if refuses(query) {
            return with_code(response, ResponseCode::Refused);
        }
        let client = subnet.and_then(AskedSubnet::address).unwrap_or(peer);
        match self
            .lookup
            .find(query.name(), query.query_type(), client.to_canonical())
        {
            Ok(found) => fill(response, found, subnet),
            Err(error) => {
                tracing::error!(%error, name = %query.name(), "an answer cannot be expressed in DNS");
                with_code(response, ResponseCode::ServFail)
            }
        }
    }

    /// Encodes and counts an answer.
    fn finish(&self, response: &Message, limit: u16) -> Option<Vec<u8>> {
        match self.encode(response, limit) {
            Ok(bytes) => {
                self.count(response);
                Some(bytes)
            }
            Err(error) => {
                tracing::error!(%error, "an answer cannot be encoded");
                let Metadata { id, op_code, .. } = response.metadata;
                let failure = Message::error_msg(id, op_code, ResponseCode::ServFail);
                self.count(&failure);
                failure.to_vec().ok()
            }
        }
    }

    /// An answer that is too large is sent without records, so that the client asks again over TCP.
    fn encode(&self, response: &Message, limit: u16) -> Result<Vec<u8>, ProtoError> {
        let bytes = response.to_vec()?;
        if bytes.len() <= usize::from(limit) {
            return Ok(bytes);
        }
        DnsCounters::add(&self.counters.truncated);
        response.truncate().to_vec()
    }

    fn count(&self, response: &Message) {
        let counters = &self.counters;
        DnsCounters::add(match response.metadata.response_code {
            ResponseCode::NoError if response.answers.is_empty() => &counters.no_data,
            ResponseCode::NoError => &counters.answered,
            ResponseCode::NXDomain => &counters.nx_domain,
            ResponseCode::Refused => &counters.refused,
            ResponseCode::FormErr => &counters.malformed,
            ResponseCode::NotImp | ResponseCode::BADVERS => &counters.unsupported,
            _ => &counters.failed,
        });
    }
}

/// Whether a question is none of this server's business: another class than the Internet's, or a zone transfer.
fn refuses(query: &Query) -> bool {
    !matches!(query.query_class(), DNSClass::IN | DNSClass::ANY)
        || matches!(query.query_type(), RecordType::AXFR | RecordType::IXFR)
}

fn with_code(mut response: Message, code: ResponseCode) -> Message {
    response.metadata.response_code = code;
    response
}

fn fill(mut response: Message, found: Found, subnet: Option<AskedSubnet>) -> Message {
    response.metadata.response_code = found.code;
    response.metadata.authoritative = found.authoritative;
    response.add_answers(found.answers);
    response.add_authorities(found.authorities);
    if let (Some(edns), Some(subnet)) = (response.edns.as_mut(), subnet) {
        edns.options_mut()
            .insert(subnet.echoed(found.depends_on_client));
    }
    response
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::sync::LazyLock;

    use hickory_proto::rr::Name;
    use hickory_proto::rr::rdata::opt::EdnsOption;
    use proptest::prelude::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;
    use crate::dns::lookup::LookupParts;
    use crate::{
        Endpoint, Fqdn, Nested, Priority, Profile, RoutingMethod, Target, Ttl, ZoneRecords,
    };

    static RESPONDER: LazyLock<Responder> = LazyLock::new(|| {
        let name = Fqdn::new("app.tm.test").unwrap();
        let targets = [
            Target::Fqdn(Fqdn::new("a.test").unwrap()),
            Target::V6([0x2001, 0xdb8, 0, 0, 0, 0, 0, 1].into()),
            Target::Nested(Nested::new(name.clone())),
        ];
        let endpoints = targets
            .into_iter()
            .zip(1..)
            .map(|(target, position)| Endpoint::new("e", target, Priority::new(position).unwrap()));
        let profile = Profile {
            fqdn: name.clone(),
            ttl: Ttl::new(0).unwrap(),
            enabled: true,
            method: RoutingMethod::Weighted,
            max_return: None,
            endpoints: endpoints.collect(),
        };
        let parts = LookupParts {
            suffix: Fqdn::new("tm.test").unwrap(),
            listen: [127, 0, 0, 1].into(),
            records: Arc::new(ZoneRecords::parse(["a.test=192.0.2.1"]).unwrap()),
            chase: true,
            answerer: crate::answer::Answerer::default(),
            directory: Arc::new(HashMap::from([(name, Arc::new(profile))])),
            rng: StdRng::seed_from_u64(1),
        };
        Responder::new(Lookup::new(parts).unwrap(), Arc::default())
    });

    fn respond(message: &[u8], transport: Transport) -> Option<Vec<u8>> {
        let before = RESPONDER.counters.snapshot().total();
        let answer = RESPONDER.respond(message, [127, 0, 0, 1].into(), transport);
        assert!(
            RESPONDER.counters.snapshot().total() > before,
            "every message is counted"
        );
        answer
    }

    /// A query with a name near the zone, any type, and perhaps a client subnet.
    fn query() -> impl Strategy<Value = Vec<u8>> {
        let name = prop::sample::select(vec![
            "app.tm.test.",
            "APP.tm.TEST.",
            "tm.test.",
            "x.app.tm.test.",
            "a.test.",
            ".",
        ]);
        let record_type = prop_oneof![prop::sample::select(vec![1u16, 5, 28, 255]), any::<u16>(),];
        (name, record_type, prop::option::of(any::<([u8; 4], u8)>())).prop_map(
            |(name, record_type, subnet)| {
                let mut message = Message::query();
                let name = Name::from_ascii(name).unwrap();
                message.add_query(Query::query(name, RecordType::from(record_type)));
                if let Some((address, prefix)) = subnet {
                    let mut edns = Edns::new();
                    let net = ipnet::IpNet::new(address.into(), prefix % 33).unwrap();
                    edns.options_mut()
                        .insert(EdnsOption::Subnet(net.trunc().into()));
                    message.set_edns(edns);
                }
                message.to_vec().unwrap()
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn garbage_never_panics_and_is_only_answered_with_dns(
            message in prop::collection::vec(any::<u8>(), 0..80),
        ) {
            if let Some(answer) = respond(&message, Transport::Udp) {
                let answer = Message::from_vec(&answer).unwrap();
                prop_assert_eq!(answer.metadata.message_type, MessageType::Response);
                prop_assert_eq!(answer.metadata.id.to_be_bytes(), [message[0], message[1]]);
            } else {
                prop_assert!(message.len() < HEADER || message[2] & 0x80 != 0);
            }
        }

        #[test]
        fn damaged_queries_never_panic_and_answers_fit(
            mut message in query(),
            damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..3),
            cut in prop::option::of(any::<prop::sample::Index>()),
        ) {
            let intact = damage.is_empty() && cut.is_none();
            for (place, value) in damage {
                let place = place.index(message.len());
                message[place] = value;
            }
            if let Some(cut) = cut {
                message.truncate(cut.index(message.len() + 1));
            }
            let answer = respond(&message, Transport::Udp);
            if intact {
                let answer = Message::from_vec(answer.as_ref().unwrap()).unwrap();
                let asked = Message::from_vec(&message).unwrap();
                prop_assert_eq!(&answer.queries, &asked.queries);
                prop_assert_eq!(answer.edns.is_some(), asked.edns.is_some());
                prop_assert!(!matches!(
                    answer.metadata.response_code,
                    ResponseCode::ServFail | ResponseCode::FormErr
                ));
            }
            prop_assert!(answer.is_none_or(|answer| answer.len() <= usize::from(MAX_UDP)));
            respond(&message, Transport::Tcp);
        }
    }
}
