//! Azure DNS as data: the JSON that Azure Resource Manager (ARM) exchanges about
//! zones and record sets, and the validated values that it is made of.
//!
//! Nothing here does I/O. As with profiles there are two layers: [`document`] is
//! the wire form and accepts whatever Azure answers; everything else is a value
//! whose rule is met. What a zone holds for others (mail, name servers, texts) is
//! read by name and type only: that is what stands in the way of a record of ours.

pub mod alias;
pub mod document;
pub mod etag;
pub mod kind;
pub mod name;
pub mod record_set;
pub mod zone;

pub use alias::ResourceId;
pub use etag::ETag;
pub use kind::{RecordSetKind, RecordSetType};
pub use name::{RelativeRecordName, ZoneName};
pub use record_set::{RecordContent, RecordSet, RecordSetBody};
pub use zone::{Zone, ZoneId};
