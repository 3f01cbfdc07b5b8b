//! Reading the body of a PUT or PATCH of a record set.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use serde_json::{Map, Value};

use super::model::Data;
use super::name::is_domain;
use super::path::Kind;
use super::refusal::Refused;

/// Records in one set.
const RECORDS_MAX: usize = 20;
/// Characters of one string of a TXT record, and of all strings of it.
const STRING_MAX: usize = 255;
const TEXT_MAX: usize = 4096;

/// What a body says; what it leaves out is `None`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Draft {
    pub(crate) ttl: Option<u32>,
    pub(crate) metadata: Option<BTreeMap<String, String>>,
    pub(crate) data: Option<Data>,
    /// The id of the resource of an alias.
    pub(crate) target: Option<String>,
}

// === impl Draft ===

impl Draft {
    /// Reads a body for a record set of this type.
    pub(crate) fn read(body: &Value, kind: Kind) -> Result<Self, Refused> {
        let empty = Map::new();
        let properties = match body.get("properties") {
            None | Some(Value::Null) => &empty,
            Some(Value::Object(properties)) => properties,
            Some(_) => return Err(invalid("The property 'properties' must be an object.")),
        };
        let fields = Fields(properties);
        if let Some(profile) = fields.get("trafficManagementProfile")
            && profile.get("id").is_some_and(|id| !id.is_null())
        {
            return Err(invalid(
                "Linked records of Traffic Manager profiles are not available.",
            ));
        }
        let target = fields.get("targetResource");
        Ok(Self {
            ttl: fields.get("TTL").map(ttl).transpose()?,
            metadata: fields.get("metadata").map(metadata).transpose()?,
            data: data(fields, kind)?,
            target: target
                .and_then(|target| target.get("id"))
                .and_then(Value::as_str)
                .filter(|id| !id.is_empty())
                .map(str::to_owned),
        })
    }
}

/// Properties by name in any letter case; a null is none.
#[derive(Clone, Copy)]
struct Fields<'a>(&'a Map<String, Value>);

impl<'a> Fields<'a> {
    fn get(self, name: &str) -> Option<&'a Value> {
        self.0
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
            .filter(|value| !value.is_null())
    }

    fn list(self, name: &str) -> Result<Option<&'a [Value]>, Refused> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::Array(list)) if list.len() > RECORDS_MAX => Err(invalid(format!(
                "The number of records in a record set cannot exceed {RECORDS_MAX}."
            ))),
            Some(Value::Array(list)) => Ok(Some(list)),
            Some(_) => Err(invalid(format!("The property '{name}' must be an array."))),
        }
    }
}

fn ttl(value: &Value) -> Result<u32, Refused> {
    value
        .as_u64()
        .and_then(|seconds| u32::try_from(seconds).ok())
        .filter(|seconds| (1..=2_147_483_647).contains(seconds))
        .ok_or_else(|| {
            invalid(format!(
                "The TTL '{value}' is invalid. It must be from 1 to 2147483647 seconds."
            ))
        })
}

fn metadata(value: &Value) -> Result<BTreeMap<String, String>, Refused> {
    let wrong = || invalid("The metadata of a record set must be texts by name.");
    value
        .as_object()
        .ok_or_else(wrong)?
        .iter()
        .map(|(name, value)| Ok((name.clone(), value.as_str().ok_or_else(wrong)?.to_owned())))
        .collect()
}

fn data(fields: Fields<'_>, kind: Kind) -> Result<Option<Data>, Refused> {
    Ok(match kind {
        Kind::A => addresses::<Ipv4Addr>(fields, "ARecords", "ipv4Address")?.map(Data::A),
        Kind::Aaaa => addresses::<Ipv6Addr>(fields, "AAAARecords", "ipv6Address")?.map(Data::Aaaa),
        Kind::Cname => fields
            .get("CNAMERecord")
            .map(|record| domain(record, "cname"))
            .transpose()?
            .map(|name| Data::Cname(Some(name))),
        Kind::Ns => fields
            .list("NSRecords")?
            .map(|list| {
                list.iter()
                    .map(|record| domain(record, "nsdname"))
                    .collect()
            })
            .transpose()?
            .map(Data::Ns),
        Kind::Soa => fields
            .get("SOARecord")
            .map(start)
            .transpose()?
            .map(Data::Soa),
        Kind::Txt => fields
            .list("TXTRecords")?
            .map(|list| list.iter().map(text).collect())
            .transpose()?
            .map(Data::Txt),
        Kind::Caa | Kind::Mx | Kind::Ptr | Kind::Srv => {
            let name = if kind == Kind::Caa {
                "caaRecords".to_owned()
            } else {
                format!("{kind}Records")
            };
            fields
                .list(&name)?
                .map(|list| Data::Other(kind, list.to_vec()))
        }
    })
}

fn addresses<T: FromStr + PartialEq>(
    fields: Fields<'_>,
    list: &'static str,
    field: &'static str,
) -> Result<Option<Vec<T>>, Refused> {
    let Some(records) = fields.list(list)? else {
        return Ok(None);
    };
    let mut addresses = Vec::new();
    for record in records {
        let text = record
            .get(field)
            .and_then(Value::as_str)
            .unwrap_or_default();
        let address: T = text
            .parse()
            .map_err(|_| invalid(format!("The IP address '{text}' is invalid.")))?;
        if addresses.contains(&address) {
            return Err(invalid(format!(
                "The record set contains the record '{text}' more than once."
            )));
        }
        addresses.push(address);
    }
    Ok(Some(addresses))
}

/// A name in a record, without the dot at its end.
fn domain(record: &Value, field: &str) -> Result<String, Refused> {
    let text = record
        .get(field)
        .and_then(Value::as_str)
        .unwrap_or_default();
    if is_domain(text) {
        Ok(text.trim_end_matches('.').to_owned())
    } else {
        Err(invalid(format!("The domain name '{text}' is invalid.")))
    }
}

/// A start of authority. Its numbers are stored as they are; its mailbox is a name in DNS.
fn start(record: &Value) -> Result<Map<String, Value>, Refused> {
    if record.get("email").is_some_and(|email| !email.is_null()) {
        domain(record, "email")?;
    }
    let record = record.as_object();
    record
        .cloned()
        .ok_or_else(|| invalid("The property 'SOARecord' must be an object."))
}

fn text(record: &Value) -> Result<Vec<String>, Refused> {
    let wrong = || {
        invalid("The value of a TXT record must be strings of at most 255 characters, 4096 in all.")
    };
    let strings = record
        .get("value")
        .and_then(Value::as_array)
        .ok_or_else(wrong)?;
    let strings: Vec<String> = strings
        .iter()
        .map(|one| one.as_str().map(str::to_owned).ok_or_else(wrong))
        .collect::<Result<_, _>>()?;
    let fits = strings.iter().all(|one| one.len() <= STRING_MAX);
    if !fits || strings.is_empty() || strings.iter().map(String::len).sum::<usize>() > TEXT_MAX {
        return Err(wrong());
    }
    Ok(strings)
}

fn invalid(sentence: impl Into<String>) -> Refused {
    Refused::Invalid(sentence.into())
}
