//! The boundary between Azure DNS and those who use it, beside that of Traffic
//! Manager.

use async_trait::async_trait;
use azure_dns::{ETag, RecordSet, RecordSetBody, RecordSetKind, RelativeRecordName, Zone, ZoneId};

use crate::{Client, Deleted, Error, ListScope, Operation, ops};

/// Operations on Azure DNS.
///
/// Every record set has a version, and every write names the one that it may
/// replace: what somebody else has written meanwhile is never overwritten, and
/// the caller is told ([`Error::is_precondition_failed`]). Every operation may be
/// repeated without harm.
#[async_trait]
pub trait DnsApi: Send + Sync {
    /// Every public zone of a subscription or resource group. Either the whole
    /// list or an error.
    async fn list_zones(&self, scope: &ListScope) -> Result<Vec<Zone>, Error>;

    /// One record set; `None` when it, or its zone, does not exist.
    async fn get_record_set(
        &self,
        zone: &ZoneId,
        kind: RecordSetKind,
        name: &RelativeRecordName,
    ) -> Result<Option<RecordSet>, Error>;

    /// Creates or replaces a record set, as a whole, if it is as the caller says.
    /// A missing zone is an error ([`Error::is_not_found`]).
    async fn put_record_set(
        &self,
        zone: &ZoneId,
        kind: RecordSetKind,
        name: &RelativeRecordName,
        body: &RecordSetBody,
        precondition: Precondition,
    ) -> Result<RecordSet, Error>;

    /// Deletes a record set if it is still of this version. One that is not there
    /// is [`Deleted::Absent`].
    async fn delete_record_set(
        &self,
        zone: &ZoneId,
        kind: RecordSetKind,
        name: &RelativeRecordName,
        version: &ETag,
    ) -> Result<Deleted, Error>;

    /// Every record set of a zone, of every type. Either the whole list or an
    /// error.
    async fn list_record_sets(&self, zone: &ZoneId) -> Result<Vec<RecordSet>, Error>;
}

/// What must be so for a record set to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Precondition {
    /// There is none of this name and type (`If-None-Match: *`).
    Absent,
    /// It is of this version (`If-Match`).
    Unchanged(ETag),
}

#[async_trait]
impl DnsApi for Client {
    async fn list_zones(&self, scope: &ListScope) -> Result<Vec<Zone>, Error> {
        let mut call = self.call(Operation::ZonesList);
        let result = ops::dns::zones(&mut call, &self.routes, scope).await;
        call.finish(result)
    }

    async fn get_record_set(
        &self,
        zone: &ZoneId,
        kind: RecordSetKind,
        name: &RelativeRecordName,
    ) -> Result<Option<RecordSet>, Error> {
        let mut call = self.call(Operation::RecordSetsGet);
        let url = self.routes.record_set(zone, kind, name);
        let result = ops::dns::get(&mut call, url).await;
        call.finish(result)
    }

    async fn put_record_set(
        &self,
        zone: &ZoneId,
        kind: RecordSetKind,
        name: &RelativeRecordName,
        body: &RecordSetBody,
        precondition: Precondition,
    ) -> Result<RecordSet, Error> {
        let mut call = self.call(Operation::RecordSetsPut);
        let url = self.routes.record_set(zone, kind, name);
        let result = ops::dns::put(&mut call, url, kind, body, &precondition).await;
        call.finish(result)
    }

    async fn delete_record_set(
        &self,
        zone: &ZoneId,
        kind: RecordSetKind,
        name: &RelativeRecordName,
        version: &ETag,
    ) -> Result<Deleted, Error> {
        let mut call = self.call(Operation::RecordSetsDelete);
        let url = self.routes.record_set(zone, kind, name);
        let result = ops::dns::delete(&mut call, url, version).await;
        call.finish(result)
    }

    async fn list_record_sets(&self, zone: &ZoneId) -> Result<Vec<RecordSet>, Error> {
        let mut call = self.call(Operation::RecordSetsList);
        let result = ops::dns::record_sets(&mut call, &self.routes, zone).await;
        call.finish(result)
    }
}
