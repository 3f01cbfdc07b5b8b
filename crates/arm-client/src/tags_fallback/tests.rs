//! Against an Azure of one profile, in which others write between any two calls.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use rstest::rstest;

use super::*;
use crate::Operation;

type Event = Box<dyn FnOnce(&mut Tags) + Send>;

#[derive(Default)]
struct Azure {
    tags: Mutex<Tags>,
    /// Whether there is a permission for the tags API.
    allowed: AtomicBool,
    /// What a PATCH of the profile answers, one after the other; then it succeeds.
    refusals: Mutex<VecDeque<StatusError>>,
    /// What others do before each PATCH of the profile, and after it.
    before: Mutex<VecDeque<Event>>,
    after: Mutex<VecDeque<Event>>,
    calls: Mutex<Vec<&'static str>>,
}

#[derive(Default)]
struct Moved(Mutex<Duration>);

struct Middle;

#[async_trait]
impl Clock for Moved {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }

    fn monotonic(&self) -> Duration {
        *self.0.lock().unwrap()
    }

    async fn sleep(&self, duration: Duration) {
        *self.0.lock().unwrap() += duration;
    }
}

impl Entropy for Middle {
    fn bits(&self) -> u64 {
        u64::MAX / 2
    }
}

impl Azure {
    fn called(&self, call: &'static str) {
        self.calls.lock().unwrap().push(call);
    }

    fn calls(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.calls.lock().unwrap())
    }

    fn happen(&self, events: &Mutex<VecDeque<Event>>) {
        if let Some(event) = events.lock().unwrap().pop_front() {
            event(&mut self.tags.lock().unwrap());
        }
    }

    fn tags_api(&self, operation: Operation, change: Change<'_>) -> Result<Tags, Error> {
        self.called(operation.as_str());
        if !self.allowed.load(Ordering::SeqCst) {
            return Err(refusal(operation, 403, "AuthorizationFailed").into());
        }
        let mut tags = self.tags.lock().unwrap();
        *tags = change.applied(&tags);
        Ok(tags.clone())
    }
}

fn refusal(operation: Operation, status: u16, code: &str) -> StatusError {
    StatusError::new(operation, "/p", status).saying(code, "no")
}

#[async_trait]
impl TrafficManagerApi for Azure {
    async fn get_profile(&self, _: &ProfileId) -> Result<Option<Profile>, Error> {
        self.called("get");
        Ok(Some(Profile {
            tags: Some(self.tags.lock().unwrap().clone()),
            ..Profile::default()
        }))
    }

    async fn merge_tags(&self, _: &ProfileId, tags: &Tags) -> Result<Tags, Error> {
        self.tags_api(Operation::TagsMerge, Change::Merge(tags))
    }

    async fn delete_tags(&self, _: &ProfileId, tags: &Tags) -> Result<Tags, Error> {
        self.tags_api(Operation::TagsDelete, Change::Delete(tags))
    }

    async fn replace_tags(&self, _: &ProfileId, tags: &Tags) -> Result<Profile, Error> {
        self.called("patch");
        self.happen(&self.before);
        if let Some(refusal) = self.refusals.lock().unwrap().pop_front() {
            return Err(refusal.into());
        }
        self.tags.lock().unwrap().clone_from(tags);
        self.happen(&self.after);
        Ok(Profile::default())
    }

    async fn list_profiles(&self, _: &ListScope) -> Result<Vec<Profile>, Error> {
        unreachable!("not part of changing tags")
    }

    async fn put_profile(&self, _: &ProfileId, _: &Profile) -> Result<PutOutcome<Profile>, Error> {
        unreachable!("not part of changing tags")
    }

    async fn patch_profile(&self, _: &ProfileId, _: &ProfilePatch) -> Result<Profile, Error> {
        unreachable!("not part of changing tags")
    }

    async fn delete_profile(&self, _: &ProfileId) -> Result<Deleted, Error> {
        unreachable!("not part of changing tags")
    }

    async fn put_endpoint(&self, _: &ProfileId, _: &Endpoint) -> Result<Endpoint, Error> {
        unreachable!("not part of changing tags")
    }

    async fn delete_endpoint(
        &self,
        _: &ProfileId,
        _: EndpointKind,
        _: &EndpointName,
    ) -> Result<Deleted, Error> {
        unreachable!("not part of changing tags")
    }

    async fn check_name(
        &self,
        _: &SubscriptionId,
        _: &RelativeName,
    ) -> Result<NameAvailability, Error> {
        unreachable!("not part of changing tags")
    }

    async fn list_public_ips(&self, _: &SubscriptionId) -> Result<Vec<PublicIp>, Error> {
        unimplemented!("no tags")
    }

    async fn geographic_hierarchy(&self) -> Result<GeographicRegion, Error> {
        unreachable!("not part of changing tags")
    }
}

struct Bench {
    azure: Arc<Azure>,
    clock: Arc<Moved>,
    fallback: TagsFallback,
}

fn bench(held: &[(&str, &str)]) -> Bench {
    let azure = Arc::new(Azure {
        tags: Mutex::new(tags(held)),
        ..Azure::default()
    });
    let clock = Arc::new(Moved::default());
    let fallback = TagsFallback::new(azure.clone(), clock.clone(), Arc::new(Middle), "ours-");
    Bench {
        azure,
        clock,
        fallback,
    }
}

fn tags(pairs: &[(&str, &str)]) -> Tags {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

fn profile(group: &str) -> ProfileId {
    ProfileId {
        subscription: "00000000-0000-0000-0000-000000000001".parse().unwrap(),
        resource_group: group.parse().unwrap(),
        name: "p".parse().unwrap(),
    }
}

impl Bench {
    async fn merge(&self, given: &[(&str, &str)]) -> Result<Tags, Error> {
        self.fallback.merge_tags(&profile("rg"), &tags(given)).await
    }

    /// How much time has passed, in tenths of a second.
    fn tenths(&self) -> u128 {
        (self.clock.0.lock().unwrap().as_millis() + 50) / 100
    }

    fn held(&self) -> Tags {
        self.azure.tags.lock().unwrap().clone()
    }

    fn before(&self, event: impl FnOnce(&mut Tags) + Send + 'static) {
        self.azure.before.lock().unwrap().push_back(Box::new(event));
    }

    fn after(&self, event: impl FnOnce(&mut Tags) + Send + 'static) {
        self.azure.after.lock().unwrap().push_back(Box::new(event));
    }
}

#[tokio::test]
async fn with_the_permission_nothing_else_is_called() {
    let bench = bench(&[("team", "a")]);
    bench.azure.allowed.store(true, Ordering::SeqCst);
    bench.merge(&[("ours-1", "x")]).await.unwrap();
    assert_eq!(bench.azure.calls(), ["tags.merge"]);
}

#[tokio::test]
async fn without_it_tags_are_written_with_the_profile_and_read_back() {
    let bench = bench(&[("team", "a"), ("Ours-1", "old")]);
    let now = bench.merge(&[("ours-1", "new"), ("ours-2", "x")]).await;
    let expected = tags(&[("team", "a"), ("Ours-1", "new"), ("ours-2", "x")]);
    assert_eq!(now.unwrap(), expected);
    assert_eq!(bench.held(), expected);
    assert_eq!(bench.azure.calls(), ["tags.merge", "get", "patch", "get"]);

    // The refusal is believed in the whole group, and in no other.
    let gone = tags(&[("ours-2", "x"), ("team", "b")]);
    bench
        .fallback
        .delete_tags(&profile("rg"), &gone)
        .await
        .unwrap();
    assert_eq!(bench.held(), tags(&[("team", "a"), ("Ours-1", "new")]));
    assert_eq!(bench.azure.calls(), ["get", "patch", "get"]);
    let other = profile("other");
    bench.fallback.delete_tags(&other, &gone).await.unwrap();
    assert_eq!(bench.azure.calls(), ["tags.delete", "get"]);
}

#[tokio::test]
async fn after_ten_minutes_the_tags_api_is_asked_again() {
    let bench = bench(&[]);
    bench.merge(&[("ours-1", "x")]).await.unwrap();
    bench.azure.calls();
    *bench.clock.0.lock().unwrap() += BELIEVED;
    bench.azure.allowed.store(true, Ordering::SeqCst);
    bench.merge(&[("ours-1", "y")]).await.unwrap();
    assert_eq!(bench.azure.calls(), ["tags.merge"]);
}

#[tokio::test]
async fn when_the_profile_may_not_be_written_either_the_first_refusal_is_the_answer() {
    let bench = bench(&[]);
    for _ in 0..2 {
        bench.azure.refusals.lock().unwrap().push_back(refusal(
            Operation::ProfilesPatch,
            403,
            "AuthorizationFailed",
        ));
        let error = bench.merge(&[("ours-1", "x")]).await.unwrap_err();
        assert_eq!(error.operation(), Operation::TagsMerge);
        assert!(error.is_forbidden());
        assert_eq!(bench.azure.calls(), ["tags.merge", "get", "patch"]);
    }
}

#[rstest]
#[case(403, "RequestDisallowedByPolicy")]
#[case(409, "ScopeLocked")]
#[case(404, "ResourceNotFound")]
#[tokio::test]
async fn other_refusals_are_final(#[case] status: u16, #[case] code: &str) {
    let refused = refusal(Operation::TagsMerge, status, code);
    assert!(!lacks_permission(&refused));
}

/// Two clusters read the same tags: the one that wrote last wins, and the other
/// one sees it when it reads back.
#[tokio::test]
async fn a_change_that_was_overwritten_is_made_again() {
    let bench = bench(&[("ours-1", "x")]);
    bench.after(|tags| {
        tags.remove("ours-3");
        tags.insert("ours-2".into(), "theirs".into());
    });
    let now = bench.merge(&[("ours-3", "z")]).await.unwrap();
    let expected = tags(&[("ours-1", "x"), ("ours-2", "theirs"), ("ours-3", "z")]);
    assert_eq!(now, expected);
    assert_eq!(
        bench.tenths(),
        22,
        "twice until read back, and once in between"
    );
}

/// Somebody read before the claim of a third was there, and wrote after ours.
#[tokio::test]
async fn claims_that_were_lost_with_ours_are_put_back_once() {
    let bench = bench(&[("ours-1", "x"), ("team", "a")]);
    bench.after(Tags::clear);
    bench.after(Tags::clear);
    let now = bench.merge(&[("ours-2", "y")]).await.unwrap();
    assert_eq!(now, tags(&[("ours-2", "y")]), "it is not put back twice");
    bench.after(Tags::clear);
    let now = bench.merge(&[("ours-1", "x")]).await.unwrap();
    let both = tags(&[("ours-1", "x"), ("ours-2", "y")]);
    assert_eq!(now, both, "and not the tags of others");
}

/// A tag that goes while ours stays was taken away on purpose.
#[tokio::test]
async fn a_tag_that_its_owner_removes_stays_removed() {
    let bench = bench(&[("ours-1", "x")]);
    bench.after(|tags| drop(tags.remove("ours-1")));
    let now = bench.merge(&[("ours-2", "y")]).await.unwrap();
    assert_eq!(now, tags(&[("ours-2", "y")]));
}

#[tokio::test]
async fn a_write_that_fails_for_a_while_is_repeated_with_fresh_tags() {
    let bench = bench(&[("ours-1", "x")]);
    let mut throttled = refusal(Operation::ProfilesPatch, 429, "TooManyRequests");
    throttled.retry_after = Some(Duration::from_secs(7));
    bench.azure.refusals.lock().unwrap().push_back(throttled);
    bench.before(|tags| drop(tags.insert("ours-2".into(), "theirs".into())));
    let now = bench.merge(&[("ours-3", "z")]).await.unwrap();
    assert_eq!(now.len(), 3);
    assert_eq!(bench.tenths(), 80);
}

#[tokio::test]
async fn it_gives_up_when_it_is_overwritten_every_time() {
    let bench = bench(&[]);
    for _ in 0..20 {
        bench.after(Tags::clear);
    }
    let error = bench.merge(&[("ours-1", "x")]).await.unwrap_err();
    assert!(error.is_transient());
    insta::assert_snapshot!(error.to_string(), @"tags.merge of /subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg/providers/Microsoft.Network/trafficManagerProfiles/p: somebody else overwrote it after each of 6 writes");
    let calls = bench.azure.calls();
    let writes = calls.iter().filter(|call| **call == "patch").count();
    assert_eq!(writes, 6);
}
