//! Mistakes in how record sets are read and written.

use std::sync::Arc;

use arm_client::{Deleted, DnsApi, Error, ListScope, Precondition};
use async_trait::async_trait;
use azure_dns::{ETag, RecordSet, RecordSetBody, RecordSetKind, RelativeRecordName, Zone, ZoneId};

use super::Mutation;

/// A client with a mistake.
pub(crate) struct MutantDns {
    api: Arc<dyn DnsApi>,
    mutation: Mutation,
}

// === impl MutantDns ===

impl MutantDns {
    pub(crate) fn new(api: Arc<dyn DnsApi>, mutation: Mutation) -> Self {
        Self { api, mutation }
    }
}

#[async_trait]
impl DnsApi for MutantDns {
    async fn list_zones(&self, scope: &ListScope) -> Result<Vec<Zone>, Error> {
        self.api.list_zones(scope).await
    }

    async fn get_record_set(
        &self,
        zone: &ZoneId,
        kind: RecordSetKind,
        name: &RelativeRecordName,
    ) -> Result<Option<RecordSet>, Error> {
        self.api.get_record_set(zone, kind, name).await
    }

    async fn put_record_set(
        &self,
        zone: &ZoneId,
        kind: RecordSetKind,
        name: &RelativeRecordName,
        body: &RecordSetBody,
        mut precondition: Precondition,
    ) -> Result<RecordSet, Error> {
        if self.mutation == Mutation::TakesOverNames
            && let Some(held) = self.api.get_record_set(zone, kind, name).await?
        {
            precondition = Precondition::Unchanged(held.etag);
        }
        let put = self
            .api
            .put_record_set(zone, kind, name, body, precondition);
        let written = put.await?;
        if self.mutation == Mutation::DropsNames {
            self.api
                .delete_record_set(zone, kind, name, &written.etag)
                .await?;
        }
        Ok(written)
    }

    async fn delete_record_set(
        &self,
        zone: &ZoneId,
        kind: RecordSetKind,
        name: &RelativeRecordName,
        version: &ETag,
    ) -> Result<Deleted, Error> {
        if self.mutation == Mutation::KeepsNames {
            return Ok(Deleted::Deleted);
        }
        self.api.delete_record_set(zone, kind, name, version).await
    }

    async fn list_record_sets(&self, zone: &ZoneId) -> Result<Vec<RecordSet>, Error> {
        let mut records = self.api.list_record_sets(zone).await?;
        if self.mutation == Mutation::TakesOverNames {
            records.retain(|record| !record.metadata.is_empty());
        }
        Ok(records)
    }
}
