use proptest::prelude::*;
use reqwest::Method;
use rstest::rstest;

use super::*;
use crate::Operation;

const SECOND: Duration = Duration::from_secs(1);
const PUT_ENDPOINT: [Lane; 2] = [Lane::Writes, Lane::EndpointWrites];

fn pacer() -> Pacer {
    Pacer::new(Pace::default())
}

fn reserve(pacer: &Pacer, now: Duration, lanes: &[Lane]) -> Result<Duration, Held> {
    pacer.reserve(now, "s", lanes, Duration::from_mins(1))
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
#[case(Operation::EndpointsDelete, Method::DELETE, &[Lane::Deletes])]
#[case(Operation::TagsDelete, Method::PATCH, &[Lane::Writes])]
#[case(Operation::TagsMerge, Method::GET, &[Lane::Reads])]
#[case(Operation::NameCheck, Method::POST, &[Lane::Writes])]
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
    let other = pacer.reserve(SECOND, "t", &[Lane::Reads], SECOND);
    assert_eq!(other, Ok(SECOND));
}

#[test]
fn a_call_that_has_little_time_left_is_not_kept_waiting() {
    let pacer = pacer();
    pass(&pacer, SECOND, &[Lane::Writes]);
    let held = pacer.reserve(SECOND, "s", &[Lane::Writes], Duration::from_millis(10));
    assert_eq!(held.unwrap_err().lane, Lane::Writes);
}

#[test]
fn when_little_is_left_requests_keep_their_distance() {
    let pacer = pacer();
    let lanes = [Lane::Writes];
    let name = "subscription-writes";
    pacer.heard(SECOND, "s", &lanes, &left(name, 199));
    assert_eq!(reserve(&pacer, SECOND, &lanes), Ok(SECOND));
    pacer.heard(SECOND, "s", &lanes, &left(name, 20));
    assert_eq!(
        reserve(&pacer, SECOND, &lanes),
        Ok(SECOND),
        "a tenth is enough"
    );
    pacer.heard(SECOND, "s", &lanes, &left(name, 19));
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
    pacer.heard(SECOND, "s", &lanes, &left(name, 150));
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
    pacer.heard(SECOND, "s", &PUT_ENDPOINT, &refused);
    assert_eq!(reserve(&pacer, SECOND, &PUT_ENDPOINT), Ok(opens * SECOND));
    assert_eq!(reserve(&pacer, SECOND, &[Lane::Writes]), Ok(SECOND));
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
    pacer.heard(SECOND, "s", &lanes, &refused);
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

#[rstest]
#[case(0, false)]
#[case(1, true)]
#[case(100, true)]
#[case(101, false)]
fn shares(#[case] percent: u8, #[case] valid: bool) {
    assert_eq!(Pace::of_share(percent).is_ok(), valid);
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
}
