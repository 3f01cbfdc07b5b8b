use proptest::prelude::*;
use reqwest::Method;
use rstest::rstest;

use super::*;
use crate::Operation;

const SECOND: Duration = Duration::from_secs(1);
const PUT_ENDPOINT: [Lane; 2] = [Lane::Writes, Lane::EndpointWrites];
const DELETE_ENDPOINT: [Lane; 2] = [Lane::Deletes, Lane::EndpointDeletes];

fn pacer() -> Pacer {
    Pacer::new(Pace::default())
}

fn reserve(pacer: &Pacer, now: Duration, lanes: &[Lane]) -> Result<Duration, Held> {
    pacer.reserve(now, asks(lanes), Duration::from_mins(1))
}

fn asks(lanes: &[Lane]) -> Asks<'_> {
    Asks {
        subscription: "s",
        lanes,
        profile: "/p",
    }
}

fn refused(lane: Lane, seconds: u64) -> Heard {
    Heard {
        left: Vec::new(),
        throttled: Some((lane, Some(Duration::from_secs(seconds)))),
    }
}

fn left(name: &str, left: u64) -> Heard {
    Heard {
        left: vec![(name.to_owned(), left)],
        throttled: None,
    }
}

/// How many requests of these lanes pass without waiting.
fn pass(pacer: &Pacer, now: Duration, lanes: &[Lane]) -> usize {
    (0..10_000)
        .take_while(|_| reserve(pacer, now, lanes) == Ok(now))
        .count()
}

#[rstest]
#[case(Operation::ProfilesList, Method::GET, &[Lane::Reads, Lane::ProfileReads])]
#[case(Operation::ProfilesPut, Method::PUT, &[Lane::Writes, Lane::ProfileWrites])]
#[case(Operation::ProfilesPut, Method::GET, &[Lane::Reads, Lane::ProfileReads])]
#[case(Operation::EndpointsPut, Method::PUT, &PUT_ENDPOINT)]
#[case(Operation::EndpointsDelete, Method::DELETE, &DELETE_ENDPOINT)]
#[case(Operation::ProfilesDelete, Method::DELETE, &[Lane::Deletes, Lane::ProfileDeletes])]
#[case(Operation::TagsDelete, Method::PATCH, &[Lane::Writes, Lane::Tags])]
#[case(Operation::TagsMerge, Method::GET, &[Lane::Reads, Lane::Tags])]
#[case(Operation::NameCheck, Method::POST, &[Lane::Writes, Lane::NameChecks])]
#[case(Operation::PublicIpsList, Method::GET, &[Lane::Reads, Lane::PublicIps])]
#[case(Operation::RecordSetsPut, Method::PUT, &[Lane::Writes, Lane::DnsWrites])]
#[case(Operation::RecordSetsPut, Method::GET, &[Lane::Reads, Lane::DnsReads])]
#[case(Operation::RecordSetsDelete, Method::DELETE, &[Lane::Deletes, Lane::DnsWrites])]
fn lanes(#[case] operation: Operation, #[case] method: Method, #[case] expected: &[Lane]) {
    assert_eq!(Lane::of(operation, &method), expected);
}

#[test]
fn a_burst_passes_and_then_so_many_a_second() {
    let pacer = pacer();
    assert_eq!(pass(&pacer, SECOND, &[Lane::Reads]), 225);
    let next: Vec<_> = (0..45)
        .map(|_| reserve(&pacer, SECOND, &[Lane::Reads]).unwrap())
        .collect();
    assert!(next.is_sorted());
    // 22.5 a second.
    let took = next[44].saturating_sub(SECOND);
    assert!(took > Duration::from_millis(1_900) && took < Duration::from_millis(2_100));
}

#[test]
fn a_window_is_full_until_its_oldest_is_old() {
    let pacer = pacer();
    assert_eq!(
        reserve(&pacer, Duration::ZERO, &PUT_ENDPOINT),
        Ok(Duration::ZERO)
    );
    let mut now = 100 * SECOND;
    for _ in 0..224 {
        now = reserve(&pacer, now, &PUT_ENDPOINT).unwrap();
    }
    let held = reserve(&pacer, now, &PUT_ENDPOINT).unwrap_err();
    assert_eq!(
        (held.lane, held.wait),
        (Lane::EndpointWrites, (300 * SECOND).saturating_sub(now))
    );
    // Near enough, it is waited for.
    assert_eq!(
        reserve(&pacer, 290 * SECOND, &PUT_ENDPOINT),
        Ok(300 * SECOND)
    );
    // Who was held has taken nothing from the other lane.
    assert_eq!(pass(&pacer, 1000 * SECOND, &[Lane::Writes]), 180);
}

#[test]
fn subscriptions_count_apart() {
    let pacer = pacer();
    pass(&pacer, SECOND, &[Lane::Reads]);
    let other = pacer.reserve(
        SECOND,
        Asks {
            subscription: "t",
            ..asks(&[Lane::Reads])
        },
        SECOND,
    );
    assert_eq!(other, Ok(SECOND));
}

#[test]
fn a_call_that_has_little_time_left_is_not_kept_waiting() {
    let pacer = pacer();
    pass(&pacer, SECOND, &[Lane::Writes]);
    let held = pacer.reserve(SECOND, asks(&[Lane::Writes]), Duration::from_millis(10));
    assert_eq!(held.unwrap_err().lane, Lane::Writes);
}

#[test]
fn when_little_is_left_requests_keep_their_distance() {
    let pacer = pacer();
    let lanes = [Lane::Writes];
    let name = "subscription-writes";
    pacer.heard(SECOND, asks(&lanes), &left(name, 199));
    assert_eq!(reserve(&pacer, SECOND, &lanes), Ok(SECOND));
    pacer.heard(SECOND, asks(&lanes), &left(name, 20));
    assert_eq!(
        reserve(&pacer, SECOND, &lanes),
        Ok(SECOND),
        "a tenth is enough"
    );
    pacer.heard(SECOND, asks(&lanes), &left(name, 19));
    let moments: Vec<_> = (0..2)
        .map(|_| reserve(&pacer, SECOND, &lanes).unwrap())
        .collect();
    assert!(
        moments[0] > SECOND + Duration::from_millis(200),
        "{moments:?}"
    );
    assert!(
        moments[1] > moments[0] + Duration::from_millis(200),
        "{moments:?}"
    );
    // Other lanes do not care.
    assert_eq!(reserve(&pacer, SECOND, &[Lane::Reads]), Ok(SECOND));
    pacer.heard(SECOND, asks(&lanes), &left(name, 150));
    assert_eq!(reserve(&pacer, 2 * SECOND, &lanes), Ok(2 * SECOND));
}

#[rstest]
#[case::named(Some(5), 6)]
#[case::too_long_to_be_believed(Some(3600), 1)]
fn a_refusal_closes_its_lane(#[case] wait: Option<u64>, #[case] opens: u32) {
    let pacer = pacer();
    let refused = Heard {
        left: Vec::new(),
        throttled: Some((Lane::EndpointWrites, wait.map(Duration::from_secs))),
    };
    pacer.heard(SECOND, asks(&PUT_ENDPOINT), &refused);
    assert_eq!(reserve(&pacer, SECOND, &PUT_ENDPOINT), Ok(opens * SECOND));
    assert_eq!(reserve(&pacer, SECOND, &[Lane::Writes]), Ok(SECOND));
}

/// Azure DNS has asked for 307 seconds, and Resource Manager for 372, where they count over 300.
#[rstest]
#[case(Operation::RecordSetsGet, Method::GET, 307)]
#[case(Operation::EndpointsPut, Method::PUT, 372)]
fn a_refusal_of_a_whole_window_is_remembered(
    #[case] operation: Operation,
    #[case] method: Method,
    #[case] seconds: u64,
) {
    let pacer = pacer();
    let lanes = Lane::of(operation, &method);
    pacer.heard(SECOND, asks(&lanes), &refused(lanes[1], seconds));
    let held = reserve(&pacer, SECOND, &lanes).unwrap_err();
    assert_eq!(held.wait, Duration::from_secs(seconds));
}

/// Azure DNS is not known to say what is left, so nothing else would end it.
#[rstest]
#[case(Operation::RecordSetsGet, Method::GET, 0)]
#[case(Operation::RecordSetsGet, Method::GET, 1)]
#[case(Operation::EndpointsPut, Method::PUT, 1)]
fn a_distance_that_nobody_named_is_kept_until_the_limit_is_fresh_again(
    #[case] operation: Operation,
    #[case] method: Method,
    #[case] refused_in: usize,
) {
    let pacer = pacer();
    let lanes = Lane::of(operation, &method);
    let refused = Heard {
        left: Vec::new(),
        throttled: Some((lanes[refused_in], None)),
    };
    assert_eq!(reserve(&pacer, SECOND, &lanes), Ok(SECOND));
    pacer.heard(SECOND, asks(&lanes), &refused);
    assert!(reserve(&pacer, SECOND, &lanes).unwrap() > SECOND);
    let later = SECOND + Duration::from_mins(5);
    let moments: Vec<_> = (0..3)
        .map(|_| reserve(&pacer, later, &lanes).unwrap())
        .collect();
    assert_eq!(moments, [later; 3]);
}

#[test]
fn a_refusal_that_names_no_time_makes_requests_keep_their_distance() {
    let pacer = pacer();
    let lanes = [Lane::Deletes];
    let refused = Heard {
        left: Vec::new(),
        throttled: Some((Lane::Deletes, None)),
    };
    assert_eq!(reserve(&pacer, SECOND, &lanes), Ok(SECOND));
    pacer.heard(SECOND, asks(&lanes), &refused);
    assert!(reserve(&pacer, SECOND, &lanes).unwrap() > SECOND);
}

#[rstest]
#[case(Some("SubscriptionRequestsThrottled"), Some(Lane::Writes))]
#[case(Some("ResourceRequestsThrottled"), Some(Lane::EndpointWrites))]
#[case(Some("RetryableErrorDueToAnotherOperation"), None)]
#[case(None, Some(Lane::Writes))]
fn refusals_say_where_there_is_no_room(#[case] code: Option<&str>, #[case] lane: Option<Lane>) {
    assert_eq!(Lane::throttled(&PUT_ENDPOINT, code), lane);
}

/// `Throttled` is what users of Azure DNS have reported, in a body whose code cannot be read.
#[rstest]
#[case(Some("ResourceRequestsThrottled"), Lane::DnsReads)]
#[case(Some("Throttled"), Lane::DnsReads)]
#[case(None, Lane::DnsReads)]
#[case(Some("SubscriptionRequestsThrottled"), Lane::Reads)]
fn profiles_do_not_wait_for_azure_dns(#[case] code: Option<&str>, #[case] lane: Lane) {
    let lanes = Lane::of(Operation::RecordSetsGet, &Method::GET);
    assert_eq!(Lane::throttled(&lanes, code), Some(lane));
}

#[rstest]
#[case(Operation::PublicIpsList, Method::GET, Operation::ProfilesList)]
#[case(Operation::TagsMerge, Method::PATCH, Operation::ProfilesPut)]
#[case(Operation::NameCheck, Method::POST, Operation::EndpointsPut)]
fn what_another_service_refuses_holds_up_nothing_of_traffic_manager(
    #[case] operation: Operation,
    #[case] method: Method,
    #[case] other: Operation,
    #[values(Some(300), None)] wait: Option<u64>,
) {
    let pacer = pacer();
    let lanes = Lane::of(operation, &method);
    let lane = Lane::throttled(&lanes, Some("ResourceRequestsThrottled")).unwrap();
    let heard = Heard {
        left: Vec::new(),
        throttled: Some((lane, wait.map(Duration::from_secs))),
    };
    pacer.heard(SECOND, asks(&lanes), &heard);
    let method = if method == Method::GET {
        method
    } else {
        Method::PUT
    };
    assert_eq!(
        reserve(&pacer, SECOND, &Lane::of(other, &method)),
        Ok(SECOND)
    );
    assert_ne!(reserve(&pacer, SECOND, &lanes), Ok(SECOND));
    // Resource Manager's own word holds for both.
    let lane = Lane::throttled(&lanes, Some("SubscriptionRequestsThrottled")).unwrap();
    pacer.heard(SECOND, asks(&lanes), &refused(lane, 300));
    assert!(reserve(&pacer, SECOND, &Lane::of(other, &method)).is_err());
}

#[rstest]
#[case(0, false)]
#[case(1, true)]
#[case(100, true)]
#[case(101, false)]
fn shares(#[case] percent: u8, #[case] valid: bool) {
    assert_eq!(Pace::of_share(percent).is_ok(), valid);
}

/// The share of endpoint writes is used up, and more have to wait for minutes.
fn used_up() -> Pacer {
    let pacer = pacer();
    for second in 0..45 {
        let now = SECOND * second;
        assert_eq!(
            (0..5)
                .filter(|_| reserve(&pacer, now, &PUT_ENDPOINT).is_ok())
                .count(),
            5
        );
    }
    assert!(reserve(&pacer, ROLLOUT, &PUT_ENDPOINT).is_err());
    pacer
}

const ROLLOUT: Duration = Duration::from_mins(1);

#[test]
fn what_a_delete_made_way_for_does_not_wait() {
    let pacer = used_up();
    assert_eq!(reserve(&pacer, ROLLOUT, &DELETE_ENDPOINT), Ok(ROLLOUT));
    let elsewhere = Asks {
        profile: "/q",
        ..asks(&PUT_ENDPOINT)
    };
    assert!(pacer.reserve(ROLLOUT, elsewhere, SECOND).is_err());
    // The write, and the one that undoes it when Azure refuses it.
    let capitals = Asks {
        profile: "/P",
        ..asks(&PUT_ENDPOINT)
    };
    assert_eq!(pacer.reserve(ROLLOUT, capitals, SECOND), Ok(ROLLOUT));
    assert_eq!(reserve(&pacer, ROLLOUT, &PUT_ENDPOINT), Ok(ROLLOUT));
    assert!(reserve(&pacer, ROLLOUT, &PUT_ENDPOINT).is_err());
}

#[test]
fn credit_expires() {
    let pacer = used_up();
    assert_eq!(reserve(&pacer, ROLLOUT, &DELETE_ENDPOINT), Ok(ROLLOUT));
    let late = ROLLOUT + Duration::from_mins(1);
    assert!(reserve(&pacer, late, &PUT_ENDPOINT).is_err());
}

#[test]
fn credit_does_not_go_where_azure_has_refused() {
    let pacer = used_up();
    assert_eq!(reserve(&pacer, ROLLOUT, &DELETE_ENDPOINT), Ok(ROLLOUT));
    let closed = refused(Lane::EndpointWrites, 70);
    pacer.heard(ROLLOUT, asks(&PUT_ENDPOINT), &closed);
    let held = reserve(&pacer, ROLLOUT, &PUT_ENDPOINT).unwrap_err();
    assert_eq!((held.lane, held.wait), (Lane::EndpointWrites, 70 * SECOND));
    // Near enough, it is waited for.
    let later = ROLLOUT + 59 * SECOND;
    assert_eq!(
        reserve(&pacer, later, &PUT_ENDPOINT),
        Ok(ROLLOUT + 70 * SECOND)
    );
}

#[rstest]
fn nothing_is_deleted_while_its_successor_could_not_be_written(
    #[values(Lane::Writes, Lane::EndpointWrites)] lane: Lane,
) {
    let pacer = pacer();
    let now = 3 * SECOND;
    // It had its moment before Azure refused somebody else.
    assert_eq!(reserve(&pacer, now, &DELETE_ENDPOINT), Ok(now));
    pacer.heard(now, asks(&PUT_ENDPOINT), &refused(lane, 100));
    assert_eq!(
        pacer.closed_until(now, asks(&DELETE_ENDPOINT)),
        Some((lane, 103 * SECOND))
    );
    let held = reserve(&pacer, now, &DELETE_ENDPOINT).unwrap_err();
    assert_eq!((held.lane, held.wait), (lane, 100 * SECOND));
    // A profile makes way for nothing.
    let profile = Lane::of(Operation::ProfilesDelete, &Method::DELETE);
    assert_eq!(reserve(&pacer, now, &profile), Ok(now));
}

#[rstest]
#[case(90, 225 + 11)]
#[case(30, 75 + 3)]
#[case(100, 250)]
fn deletes_wait_before_what_is_to_spare_is_spent(#[case] share: u8, #[case] most: usize) {
    let pacer = Pacer::new(Pace::of_share(share).unwrap());
    let reserve = |now, lanes| pacer.reserve(now, asks(lanes), Duration::ZERO).is_ok();
    let mut written = 0;
    for second in 0..290 {
        let now = SECOND * second;
        if reserve(now, &DELETE_ENDPOINT) {
            assert!(reserve(now, &PUT_ENDPOINT), "{written} are written");
            written += 1;
        }
    }
    assert_eq!(written, most);
}

proptest! {
    /// Whatever asks whenever: no stretch of five minutes has more endpoint
    /// writes than the share of a window, no stretch at all more writes than the
    /// bucket holds and the stretch brings back, moments are given out in order,
    /// and nobody waits longer than is said.
    #[test]
    fn azures_limits_are_kept(
        share in 1_u8..=100,
        pauses in proptest::collection::vec(0_u64..3_000, 1..600),
    ) {
        let pace = Pace::of_share(share).unwrap();
        let pacer = Pacer::new(pace);
        let mut now = SECOND;
        let mut moments: Vec<Duration> = Vec::new();
        for pause in pauses {
            now += Duration::from_millis(pause);
            match reserve(&pacer, now, &PUT_ENDPOINT) {
                Ok(moment) => {
                    prop_assert!(moment >= now && moment.saturating_sub(now) <= Duration::from_mins(1));
                    prop_assert!(moments.last().is_none_or(|last| *last <= moment));
                    moments.push(moment);
                }
                Err(held) => prop_assert!(held.wait > Duration::from_mins(1)),
            }
        }
        let most = (250 * usize::from(share) / 100).max(1);
        for stretch in moments.windows(most + 1) {
            prop_assert!(stretch[most].saturating_sub(stretch[0]) >= Duration::from_mins(5));
        }
        for (first, from) in moments.iter().enumerate() {
            for (last, to) in moments.iter().enumerate().skip(first) {
                let allowed = 200.0 + 10.0 * to.saturating_sub(*from).as_secs_f64();
                let passed = u32::try_from(last - first + 1).unwrap();
                prop_assert!(f64::from(passed) <= allowed * f64::from(share) / 100.0 + 1.0);
            }
        }
    }

    /// With deletes among them, endpoint writes keep within Azure's own limit,
    /// and a tenth beyond the share.
    #[test]
    fn credit_is_limited(
        share in 1_u8..=100,
        requests in proptest::collection::vec((0_u64..1_000, proptest::bool::ANY), 1..600),
    ) {
        let pacer = Pacer::new(Pace::of_share(share).unwrap());
        let mut now = SECOND;
        let mut moments: Vec<Duration> = Vec::new();
        for (pause, deletes) in requests {
            now += Duration::from_millis(pause);
            let lanes = if deletes { &DELETE_ENDPOINT } else { &PUT_ENDPOINT };
            let given = reserve(&pacer, now, lanes);
            moments.extend(given.ok().filter(|_| !deletes));
        }
        moments.sort();
        let own = (250 * usize::from(share) / 100).max(1);
        let most = (own + own / 10).min(250);
        for stretch in moments.windows(most + 1) {
            prop_assert!(stretch[most].saturating_sub(stretch[0]) >= Duration::from_mins(5));
        }
    }
}
