//! Writes of record sets, and what is to be done when Azure refuses one.

use std::collections::BTreeMap;
use std::time::Duration;

use arm_client::{DnsApi, Error, Precondition};
use azure_dns::{RecordSet, RecordSetBody, RecordSetKind};
use members::{Observed, Reason};
use vanity::Subjects;
use vanity::record_set::{self, Step, Write};

use super::Look;
use super::ending::Place;
use crate::provider::Inner;
use crate::provider_api::error_chain;

/// How long a replacement that Azure has refused is not tried again: each try takes the record that works away for a
/// moment, and resolvers remember that for minutes.
const REPLACE_AGAIN: Duration = Duration::from_hours(1);

/// Replacements that Azure has refused, by the place of what was to be made.
#[derive(Debug, Default)]
pub(super) struct Refused(BTreeMap<Place, Refusal>);

#[derive(Debug)]
struct Refusal {
    /// What was to be made. Another wish is tried at once.
    body: RecordSetBody,
    said: String,
    /// Monotonic time.
    until: Duration,
}

/// Why a write was not done.
struct Failed {
    error: Error,
    /// What was to be replaced is there again, and the cause lasts.
    restored: bool,
    /// What became of what was to be replaced, as clauses.
    aftermath: Vec<String>,
}

// === impl Refused ===

impl Refused {
    /// What Azure said to the same step a while ago.
    pub(super) fn said(&mut self, step: &Step, now: Duration) -> Option<&str> {
        self.0.retain(|_, refusal| now < refusal.until);
        let Write::Replace(body, _) = &step.write else {
            return None;
        };
        let refusal = self.0.get(&place(step))?;
        (refusal.body == *body).then_some(refusal.said.as_str())
    }

    fn remember(&mut self, step: &Step, said: &str, now: Duration) {
        if let Write::Replace(body, _) = &step.write {
            let refusal = Refusal {
                body: body.clone(),
                said: said.to_owned(),
                until: now + REPLACE_AGAIN,
            };
            self.0.insert(place(step), refusal);
        }
    }
}

// === impl Failed ===

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self {
            error,
            restored: false,
            aftermath: Vec::new(),
        }
    }
}

// === impl Inner ===

impl Inner {
    /// Says whether it is done.
    pub(super) async fn write_record_set(
        &self,
        dns: &dyn DnsApi,
        observed: &Observed,
        step: &Step,
        refused: &mut Refused,
        look: &mut Look,
    ) -> bool {
        let host = step.name.fqdn(&step.zone.name);
        let (kind, profile) = (step.kind, &step.profile);
        let what = match &step.write {
            Write::Create(_) => "creating",
            Write::Change(..) => "changing",
            Write::Replace(..) => "changing to",
            Write::Delete(_) => "deleting",
        };
        if self.behaviour.dry_run {
            tracing::info!(%host, %kind, profile = %profile.name, "dry run, not done: {what} the vanity record");
            return true;
        }
        let failed = match self.send(dns, step).await {
            Ok(done) => {
                tracing::info!(%host, %kind, profile = %profile.name, "vanity record {done}");
                return true;
            }
            Err(failed) => failed,
        };
        if failed.error.is_precondition_failed() {
            // Another cluster has written the same, or a person something else: the next look tells.
            look.unfinished = true;
            tracing::debug!(%host, %kind, "vanity record: somebody else was first");
            return false;
        }
        let said = error_chain(&failed.error);
        tracing::debug!(%host, %kind, correlation_id = failed.error.correlation_id(), error = %said, "{what} the vanity record failed");
        let said = format!(
            "{what} the {kind} record of the vanity host {host} in the Azure DNS zone {} failed: {said}",
            step.zone.name
        );
        let said: Vec<_> = std::iter::once(said).chain(failed.aftermath).collect();
        let said = said.join("; ");
        if failed.restored {
            refused.remember(step, &said, self.clock.monotonic());
        } else {
            look.unfinished = true;
        }
        self.say_of(observed, step, &said, look);
        false
    }

    /// What is wrong with a record, said to the object that it is for.
    pub(super) fn say_of(&self, observed: &Observed, step: &Step, said: &str, look: &mut Look) {
        let subjects = Subjects::of(&self.behaviour.scope.owner);
        let held = observed.profile(&step.profile);
        let finding =
            held.and_then(|held| subjects.finding(held, Reason::VanityFailed, || said.to_owned()));
        match finding {
            Some(finding) => look.findings.push(finding),
            // Nobody of this cluster is there any more to hear it.
            None => self.report.write_failed(said),
        }
    }

    async fn send(&self, dns: &dyn DnsApi, step: &Step) -> Result<&'static str, Failed> {
        let Step {
            zone, name, kind, ..
        } = step;
        let done = match &step.write {
            Write::Create(body) => {
                dns.put_record_set(zone, *kind, name, body, Precondition::Absent)
                    .await?;
                "created"
            }
            Write::Change(body, version) => {
                let unchanged = Precondition::Unchanged(version.clone());
                dns.put_record_set(zone, *kind, name, body, unchanged)
                    .await?;
                "changed"
            }
            Write::Delete(version) => {
                dns.delete_record_set(zone, *kind, name, version).await?;
                self.endings.deleted(&step.profile, &place(step));
                "deleted"
            }
            Write::Replace(body, others) => {
                self.replace(dns, step, body, others).await?;
                "changed to this type"
            }
        };
        Ok(done)
    }

    /// Makes a record set where others are, which tolerate it as little as it does them.
    async fn replace(
        &self,
        dns: &dyn DnsApi,
        step: &Step,
        body: &RecordSetBody,
        others: &[RecordSet],
    ) -> Result<(), Failed> {
        let Step { zone, name, .. } = step;
        let mut gone: Vec<(&RecordSet, RecordSetKind)> = Vec::new();
        let mut deleted = Ok(());
        for other in others {
            let Some(kind) = other.kind.known() else {
                continue;
            };
            match dns.delete_record_set(zone, kind, name, &other.etag).await {
                // Also when it is absent: the answer to a first try may have been lost.
                Ok(_) => gone.push((other, kind)),
                Err(error) => {
                    // It may have been done all the same.
                    gone.push((other, kind));
                    deleted = Err(error);
                    break;
                }
            }
        }
        let error = match deleted {
            Ok(()) => {
                let put = dns.put_record_set(zone, step.kind, name, body, Precondition::Absent);
                match put.await {
                    Ok(_) => {
                        for (other, kind) in gone {
                            if let Some(profile) = record_set::profile_of(other) {
                                let place = (zone.clone(), name.clone(), kind);
                                self.endings.deleted(&profile, &place);
                            }
                        }
                        return Ok(());
                    }
                    // Another cluster has done the same.
                    Err(error) if error.is_precondition_failed() => return Err(error.into()),
                    Err(error) => error,
                }
            }
            Err(error) => error,
        };
        let mut failed = Failed::from(error);
        // What is over soon is tried again soon.
        failed.restored = !gone.is_empty() && !failed.error.is_transient();
        for (other, kind) in gone {
            match put_back(dns, step, other, kind).await {
                Ok(()) => {
                    let when = if failed.restored {
                        "in an hour"
                    } else {
                        "soon"
                    };
                    failed.aftermath.push(format!(
                        "the {kind} record is there again, and the change is tried again {when}"
                    ));
                }
                Err(why) => {
                    failed.restored = false;
                    failed.aftermath.push(format!(
                        "the {kind} record that was there could not be put back: {why}"
                    ));
                }
            }
        }
        Err(failed)
    }
}

/// Makes again what was there, unless it, or something else of its type, is there.
async fn put_back(
    dns: &dyn DnsApi,
    step: &Step,
    record: &RecordSet,
    kind: RecordSetKind,
) -> Result<(), String> {
    let Some(body) = record_set::as_it_was(record) else {
        return Err("it led nowhere".to_owned());
    };
    let put = dns.put_record_set(&step.zone, kind, &step.name, &body, Precondition::Absent);
    match put.await {
        Ok(_) => Ok(()),
        Err(error) if error.is_precondition_failed() => Ok(()),
        Err(error) => Err(error_chain(&error)),
    }
}

fn place(step: &Step) -> Place {
    (step.zone.clone(), step.name.clone(), step.kind)
}
